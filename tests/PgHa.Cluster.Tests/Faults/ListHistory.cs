using System.Collections.Concurrent;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>What became of a transaction, as its client knows it.</summary>
internal enum Fate
{
    /// <summary>The server acknowledged its commit.</summary>
    Acknowledged,

    /// <summary>The server refused it: it has no effect.</summary>
    Refused,

    /// <summary>The connection broke: nobody knows.</summary>
    Unknown,
}

/// <summary>A transaction that appends a value to one list and reads another one.</summary>
/// <param name="Begin">Its client's monotonic time just before.</param>
/// <param name="End">The same just after.</param>
/// <param name="Fate">What became of it.</param>
/// <param name="List">The list that it appended to.</param>
/// <param name="Value">What it appended; no value is used twice.</param>
/// <param name="ReadList">The list that it read.</param>
/// <param name="Read">What it read there; null if it did not come to that.</param>
internal sealed record ListTransaction(long Begin, long End, Fate Fate, int List, long Value, int ReadList, IReadOnlyList<long>? Read);

/// <summary>
/// Appends and reads of lists, as clients saw them, checked against the lists at the end. A value stays where it was appended, so each read must be
/// a beginning of the list at the end: at least all that was acknowledged before it began, and nothing that began after it had ended.
/// </summary>
internal sealed class ListHistory
{
    private readonly ConcurrentQueue<ListTransaction> transactions = new();

    public IReadOnlyCollection<ListTransaction> Transactions => transactions;

    public void Add(ListTransaction transaction) => transactions.Enqueue(transaction);

    /// <summary>Everything that cannot be so.</summary>
    /// <param name="atTheEnd">The lists, after the last transaction.</param>
    public IReadOnlyList<string> Anomalies(IReadOnlyDictionary<int, long[]> atTheEnd)
    {
        var appends = transactions.ToDictionary(t => t.Value);
        long[] End(int list) => atTheEnd.GetValueOrDefault(list) ?? [];
        return
        [
            .. transactions.Where(t => t.Fate == Fate.Acknowledged && !End(t.List).Contains(t.Value)).Select(t => $"lost append: {t.Value} was acknowledged, and is not in list {t.List}"),
            .. atTheEnd.SelectMany(list => Strangers(list.Key, list.Value, appends)),
            .. transactions.Where(t => t is { Fate: Fate.Acknowledged, Read: not null }).SelectMany(t => OfRead(t, t.Read!, End(t.ReadList), appends)),
        ];
    }

    private static IEnumerable<string> Strangers(int list, long[] values, Dictionary<long, ListTransaction> appends)
    {
        foreach (var twice in values.GroupBy(v => v).Where(g => g.Count() > 1)) yield return $"repeated append: {twice.Key} is in list {list} more than once";
        foreach (var value in values.Where(v => !appends.TryGetValue(v, out var t) || t.List != list)) yield return $"stranger: nobody appended {value} to list {list}";
        foreach (var value in values.Where(v => appends.TryGetValue(v, out var t) && t.Fate == Fate.Refused)) yield return $"refused append: {value} is in list {list} all the same";
    }

    private static IEnumerable<string> OfRead(ListTransaction reader, IReadOnlyList<long> read, long[] end, Dictionary<long, ListTransaction> appends)
    {
        if (read.Count > end.Length || !read.SequenceEqual(end.Take(read.Count)))
            yield return $"reordered read: [{string.Join(' ', read)}] of list {reader.ReadList} is no beginning of [{string.Join(' ', end)}]";
        foreach (var future in read.Where(v => appends.TryGetValue(v, out var t) && t.Begin > reader.End))
            yield return $"read of the future: {future} was in list {reader.ReadList} before its append began";
        foreach (var missed in end.Where(v => !read.Contains(v) && appends.TryGetValue(v, out var t) && t.Fate == Fate.Acknowledged && t.End < reader.Begin))
            yield return $"stale read: {missed} had been acknowledged, and a later read of list {reader.ReadList} misses it";
    }
}
