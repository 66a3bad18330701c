using System.Diagnostics.CodeAnalysis;

namespace PgHa.Agent.Etcd;

/// <summary>Why etcd gave no answer. Whether what was asked for was done, and whether it may still be done later, is unknown then.</summary>
/// <param name="Reason">What happened, naming the endpoint.</param>
/// <param name="Hint">What a person can do.</param>
public sealed record Outage(string Reason, string Hint)
{
    internal const string UsualHint = "does etcd run there, can it be reached, and do more than half of its members work?";

    /// <inheritdoc />
    public override string ToString() => $"{Reason} ({Hint})";

    /// <summary>What several endpoints said to one call: every reason, and the hint that tells most.</summary>
    internal static Outage Of(IReadOnlyList<Outage> outages) => new(
        outages.Count == 0 ? "etcd was not asked" : $"etcd gives no answer: {string.Join("; ", outages.Select(o => o.Reason))}",
        outages.Select(o => o.Hint).FirstOrDefault(h => h != UsualHint) ?? UsualHint);
}

/// <summary>What etcd said, or that it said nothing that can be relied on.</summary>
/// <param name="Value">What it said.</param>
/// <param name="Outage">Why there is no answer.</param>
public readonly record struct EtcdAnswer<T>(T? Value, Outage? Outage)
{
    /// <summary>There is an answer.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Outage))]
    public bool IsOk => Outage is null;

    /// <summary>An answer.</summary>
    public static implicit operator EtcdAnswer<T>(T value) => new(value, null);

    /// <summary>None.</summary>
    public static implicit operator EtcdAnswer<T>(Outage outage) => new(default, outage);

    /// <summary>The same in another form.</summary>
    internal EtcdAnswer<TOther> As<TOther>(Func<T, TOther> form) => IsOk ? form(Value) : Outage;
}
