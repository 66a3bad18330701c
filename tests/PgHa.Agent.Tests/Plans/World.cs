using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Nodes and their WAL, in which calls can be made on any node: how they relate to each other follows from how they relate to n1.</summary>
internal sealed record World(IReadOnlyList<Condition> Conditions, IReadOnlyDictionary<string, WalKinship> Kin)
{
    private readonly ClusterView _view = Sketch.View([.. Conditions]);

    /// <summary>Two nodes in every combination, three in many.</summary>
    internal static IEnumerable<World> All()
    {
        var conditions = Enum.GetValues<Condition>();
        Condition[] some = [Condition.StoppedAsPrimary, Condition.StoppedAsStandby, Condition.Crashed, Condition.PrimaryAlone, Condition.Standby, Condition.Recovering, Condition.Frozen, Condition.AgentAway, Condition.Empty];
        foreach (var one in conditions)
            foreach (var two in conditions)
                foreach (var kin in Enum.GetValues<WalKinship>())
                    yield return new([one, two], new Dictionary<string, WalKinship> { ["n2"] = kin });
        foreach (var one in some)
            foreach (var two in some)
                foreach (var three in some)
                    foreach (var (kin2, kin3) in new[] { (WalKinship.Identical, WalKinship.Behind), (WalKinship.Ahead, WalKinship.NotProvable), (WalKinship.Behind, WalKinship.Forked) })
                        yield return new([one, two, three], new Dictionary<string, WalKinship> { ["n2"] = kin2, ["n3"] = kin3 });
    }

    /// <summary>The node that serves and is the only one that does; null where there is none, or more than one.</summary>
    internal string? OnlyPrimary => _view.Primary is { State: NodeState.Primary or NodeState.PrimaryAlone } primary ? primary.Node : null;

    /// <summary>Every call that changes something, on n1.</summary>
    internal static IEnumerable<NamedCall> Calls() =>
    [
        .. new[]
        {
            "instance/current", "instance/master", "instance/slave", "instance/slave?rejoin=rewind", "instance/slave?rejoin=reclone", "instance/all", "instance/failover/restart",
            "instance/failover/promote", "instance/failover/promote?to=n2", "instance/switchover/masterSlave", "instance/switchover/masterSlave?to=n2", "instance/switchover/masterSlave?by=promote", "data/init", "data/clone", "data/clone?from=n2",
        }.Select(path => new NamedCall("POST", "n1", path, false)),
        .. new[] { "instance/current", "instance/master", "instance/slave", "instance/all" }.Select(path => new NamedCall("DELETE", "n1", path, false)),
    ];

    /// <summary>What comes of a call; null where the agent it is made on is away.</summary>
    internal Decision? Decide(NamedCall call)
    {
        if (!_view[call.Node].Reachable)
            return null;
        var request = Request(call).Under(new() { Force = call.Force });
        return Sketch.Decide(request, _view, Sketch.Wal(_view, Planner.Focus(request, _view), name => Between(name, Planner.Focus(request, _view)!)));
    }

    private static ChangeRequest Request(NamedCall call)
    {
        var options = call.Path.Split('?') is [_, var query] ? query.Split('&').Select(o => o.Split('=')).ToDictionary(o => o[0], o => o[1]) : [];
        var path = call.Path.Split('?')[0];
        var known = RequestForm.AllCalls.SingleOrDefault(c => c.Method == call.Method && c.Path == path && c.Takes(options));
        return known?.Make(call.Node, options.GetValueOrDefault) ?? throw new ArgumentOutOfRangeException(nameof(call), call, "a hint names a call that does not exist");
    }

    /// <summary>How one node relates to another.</summary>
    private WalKinship Between(string node, string focus) => (Of(node), Of(focus)) switch
    {
        var (mine, theirs) when mine is WalKinship.NotProvable || theirs is WalKinship.NotProvable => WalKinship.NotProvable,
        var (mine, theirs) when mine is WalKinship.Forked || theirs is WalKinship.Forked => WalKinship.Forked,
        var (mine, theirs) => Math.Sign(Rank(mine) - Rank(theirs)) switch { 0 => WalKinship.Identical, 1 => WalKinship.Ahead, _ => WalKinship.Behind },
    };

    private WalKinship Of(string node) => Kin.GetValueOrDefault(node, WalKinship.Identical);

    private static int Rank(WalKinship kin) => kin switch { WalKinship.Ahead => 1, WalKinship.Behind => -1, _ => 0 };

    public override string ToString() => $"{string.Join(", ", Conditions.Select((c, i) => $"n{i + 1} {c}"))}; {string.Join(", ", Kin.Select(k => $"{k.Key} {k.Value}"))}";
}
