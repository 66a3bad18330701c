using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;
using PgHa.Agent.Tests.Plans;

namespace PgHa.Agent.Tests.Succession;

/// <summary>What <c>explain</c> says would happen if a node died now.</summary>
[Trait("Category", "Fast")]
public class WhatIfTests
{
    private static readonly PrimaryRecord Record = new()
    {
        Node = "n1", Epoch = 7, Boot = "b", Run = "r", Counter = 1, DMilliseconds = 8000, Since = DateTimeOffset.UnixEpoch, Timeline = 1, Revocable = true,
    };

    private static readonly SyncRecord OneOfTwo = new() { Epoch = 7, Holder = "n1", Set = new(["n2", "n3"], 1) };

    private static IfItDiedNow Now(SyncMode mode, SyncRecord? sync, Condition second = Condition.Standby, Condition third = Condition.Standby)
    {
        var view = Sketch.View(Condition.Primary, second, third);
        view = new([.. view.Nodes.Select(n => n.Reachable ? n with { Failover = new() { Epoch = 7 } } : n)]);
        return new(view, "n1", new() { Mode = FailoverMode.Automatic, D = TimeSpan.FromSeconds(8), Sync = mode }, Record, sync);
    }

    [Fact]
    public void Without_sync_the_record_runs_out_first()
    {
        var died = WhatIf.Dies("n1", Now(SyncMode.Off, null));
        Assert.Equal(("n2", 8.3), (died.NewPrimary, died.Seconds));
        Assert.Equal("nothing: n1 goes on", WhatIf.Dies("n2", Now(SyncMode.Off, null)).Then);
        Assert.Equal("nothing: no node holds the record", WhatIf.Dies("n2", Now(SyncMode.Off, null) with { Holder = null }).Then);
    }

    [Fact]
    public void Where_the_voters_can_revoke_the_record_it_takes_less()
    {
        Assert.Equal(2.4, WhatIf.Dies("n1", Now(SyncMode.Quorum, OneOfTwo)).Seconds);
        Assert.Equal(8.3, WhatIf.Dies("n1", Now(SyncMode.Quorum, OneOfTwo) with { Record = Record with { Revocable = false } }).Seconds);
        Assert.Equal(8.3, WhatIf.Dies("n1", Now(SyncMode.On, OneOfTwo)).Seconds);
    }

    [Fact]
    public void Nobody_follows_where_what_was_acknowledged_may_be_elsewhere()
    {
        var died = WhatIf.Dies("n1", Now(SyncMode.Quorum, OneOfTwo, third: Condition.AgentAway));
        Assert.Null(died.NewPrimary);
        Assert.Contains("no other node would take its place: a write that was acknowledged may be elsewhere", died.Then, StringComparison.Ordinal);
        Assert.Equal("n2", WhatIf.Dies("n1", Now(SyncMode.Quorum, OneOfTwo with { Set = new(["n2"], 1) }, third: Condition.AgentAway)).NewPrimary);
        Assert.Equal("n2", WhatIf.Dies("n1", Now(SyncMode.Quorum, OneOfTwo with { GivenUp = true }, third: Condition.AgentAway)).NewPrimary);
    }

    [Fact]
    public void What_cannot_be_asked_is_not_known()
    {
        var died = WhatIf.Dies("n1", Now(SyncMode.Quorum, null) with { SyncUnknown = "no answer" });
        Assert.Null(died.NewPrimary);
        Assert.StartsWith("that is not known", died.Then, StringComparison.Ordinal);
        Assert.Equal("no other node could take its place", WhatIf.Dies("n1", Now(SyncMode.Off, null, Condition.AgentAway, Condition.StoppedAsStandby)).Then);
    }
}
