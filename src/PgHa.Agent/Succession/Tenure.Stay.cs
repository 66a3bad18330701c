using PgHa.Agent.Leadership;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>The part about an etcd that is lost: what all other nodes promise the holder, and what this node has promised another one.</summary>
internal sealed partial class Tenure
{
    /// <summary>By whose promise this node serves on now; null: by the record, or it does not hold it.</summary>
    internal Consent? StaysBy => Until is null ? null : _keeping?.Keeper.Holding?.StaysBy(clock(), terms.Stop);

    /// <summary>Why not all other nodes have promised; null: they have, or were not asked.</summary>
    internal string? NoConsent => Until is null ? null : _keeping?.Keeper.NoConsent;

    /// <summary>What this node has promised.</summary>
    internal OwnPromise Promise => promise;

    /// <summary>Acts while no step takes the record or gives it up, told whether this node keeps it.</summary>
    internal async Task<T> AloneAsync<T>(Func<bool, T> act, CancellationToken cancel)
    {
        using var alone = await _turn.EnterAsync(cancel);
        return act(_keeping is not null);
    }

    /// <summary>What keeps a node that has promised from becoming writable.</summary>
    internal static Refusal Promised(string node, string to, TimeSpan left) => new(Code.AnotherWritable,
        $"{node} has promised {to}, which serves without etcd, not to become writable for {Math.Max(0.1, left.TotalSeconds):0.0} s more",
        $"bring etcd back (docs/etcd.md): {to} goes on then by its record, and the promise lapses; if {to} is gone the promise lapses by itself: repeat the call then");
}
