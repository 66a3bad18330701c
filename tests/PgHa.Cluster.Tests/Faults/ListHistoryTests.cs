namespace PgHa.Cluster.Tests.Faults;

/// <summary>The checker finds each kind of anomaly, and nothing in a history that has none.</summary>
[Trait("Category", "Fast")]
public sealed class ListHistoryTests
{
    private const int A = 1, B = 2;

    [Fact]
    public void A_history_of_transactions_one_after_the_other_has_no_anomaly()
    {
        Assert.Empty(Check([10, 11], Append(1, 2, 10, []), Append(3, 4, 11, [10])));
        Assert.Empty(Check([10, 11], Append(1, 9, 10, []), Append(2, 8, 11, [10]))); // both at once: either may come first
        Assert.Empty(Check([10], Append(1, 2, 10, []), Append(3, 4, 11, null, Fate.Unknown))); // it may or may not have been done
        Assert.Empty(Check([10, 11], Append(1, 2, 10, []), Append(3, 4, 11, null, Fate.Unknown)));
    }

    [Fact]
    public void An_acknowledged_append_that_is_missing_is_found() => Finds("lost append: 10", [11], Append(1, 2, 10, []), Append(1, 4, 11, []));

    [Fact]
    public void An_append_that_was_refused_and_done_all_the_same_is_found() => Finds("refused append: 10", [10], Append(1, 2, 10, null, Fate.Refused));

    [Fact]
    public void An_append_that_was_done_twice_is_found() => Finds("repeated append: 10", [10, 10], Append(1, 2, 10, []));

    [Fact]
    public void A_value_that_nobody_appended_is_found() => Finds("stranger: nobody appended 99", [10, 99], Append(1, 2, 10, []));

    [Fact]
    public void A_read_in_another_order_is_found() => Finds("reordered read: [11 10]", [10, 11], Append(1, 9, 10, []), Append(1, 9, 11, []), Append(1, 9, 12, [11, 10], list: B));

    [Fact]
    public void A_read_of_what_is_gone_later_is_found() => Finds("reordered read: [10]", [], Append(1, 2, 10, null, Fate.Unknown), Append(3, 4, 11, [10], list: B));

    [Fact]
    public void A_read_that_misses_what_was_acknowledged_before_is_found() => Finds("stale read: 10", [10], Append(1, 2, 10, []), Append(3, 4, 11, [], list: B));

    [Fact]
    public void A_read_of_what_was_appended_later_is_found() => Finds("read of the future: 11", [10, 11], Append(1, 2, 10, []), Append(3, 4, 12, [10, 11], list: B), Append(5, 6, 11, [10]));

    private static void Finds(string what, long[] end, params ListTransaction[] transactions) => Assert.StartsWith(what, Assert.Single(Check(end, transactions)), StringComparison.Ordinal);

    private static IReadOnlyList<string> Check(long[] end, params ListTransaction[] transactions)
    {
        var history = new ListHistory();
        foreach (var transaction in transactions) history.Add(transaction);
        return history.Anomalies(new Dictionary<int, long[]> { [A] = end, [B] = [.. transactions.Where(t => t.List == B && t.Fate == Fate.Acknowledged).Select(t => t.Value)] });
    }

    /// <summary>All read list A.</summary>
    private static ListTransaction Append(long begin, long end, long value, long[]? read, Fate fate = Fate.Acknowledged, int list = A) => new(begin, end, fate, list, value, A, read);
}
