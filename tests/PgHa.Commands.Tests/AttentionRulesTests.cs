using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Status;

namespace PgHa.Commands.Tests;

/// <summary>What needs a person, and what to do about it.</summary>
[Trait("Category", "Fast")]
public class AttentionRulesTests
{
    [Fact]
    public void Nothing_where_all_is_well() => Assert.Empty(AttentionRules.Judge(Sketch.Whole()));

    [Fact]
    public void Two_writers_come_first()
    {
        var said = AttentionRules.Judge(Sketch.Of(Sketch.Primary("n1"), Sketch.Primary("n2"), Sketch.Stopped("n3")));
        Assert.Equal(("ALARM: n1 and n2 accept writes at the same time", "stop the wrong one at once: pgha stop n1 or pgha stop n2", true), (said[0].What, said[0].Do, said[0].IsGrave));
    }

    /// <summary>Its server read standby.signal when it started, and the file is gone since: it may become writable, and does not.</summary>
    private static NodeStatus WithoutSignal(string name) => Sketch.Standby(name).With(s => s with { StandbySignal = false });

    [Fact]
    public void A_standby_whose_signal_is_gone_is_no_second_writer_and_no_primary()
    {
        var beside = Assert.Single(AttentionRules.Judge(Second(WithoutSignal("n2"))));
        Assert.Equal(("n2 is in recovery, and standby.signal is not there: its next start would make it primary", "create an empty standby.signal in its data directory"), (beside.What, beside.Do));
        var alone = AttentionRules.Judge(Sketch.Of(WithoutSignal("n1").With(s => s with { UpstreamNode = null, Sql = s.Sql! with { Streaming = false } }), Sketch.Stopped("n2")));
        Assert.Equal(("no node accepts writes", true), (alone[0].What, alone[0].IsGrave));
        Assert.Contains(alone, a => a.Do == "pgha stop n1, then pgha start n1 --as-primary; a point-in-time recovery ends by itself");
    }

    [Fact]
    public void A_node_that_cannot_be_seen_is_never_called_stopped()
    {
        var said = AttentionRules.Judge(Sketch.Of(Sketch.Away("n1"), Sketch.Standby("n2").With(s => s with { Sql = s.Sql! with { Streaming = false }, UpstreamNode = null })));
        Assert.Equal("no node is seen that accepts writes, and n1 cannot be seen", said[0].What);
        Assert.Equal("n1: its agent does not answer: no answer in time", said[1].What);
        Assert.DoesNotContain(said, a => a.What.Contains("stopped", StringComparison.Ordinal));
    }

    public static TheoryData<string, string> Names => new()
    {
        { "stopped standby", "pgha start n2" },
        { "stopped former primary", "pgha rejoin n2" },
        { "empty", "pgha clone n2" },
        { "not streaming", "pgha rejoin n2" },
        { "paused replay", "SELECT pg_wal_replay_resume() on n2" },
        { "pending", "pgha restart n2" },
        { "lost slot", "pgha rejoin n3, unless it streams" },
        { "full slot", "bring its consumer back, or drop it" },
        { "far behind", "look at the network and the disk between them" },
        { "versions", "bring all to the newest one, and restart them" },
        { "waits", "pgha operations 20300131T030000123-4f2a9c --continue, or --abandon" },
        { "interrupted", "pgha operations 20300131T030000123-4f2a9c shows how far it came" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_thing_has_a_way_out(string what, string way)
    {
        var said = Assert.Single(AttentionRules.Judge(Cluster(what)));
        Assert.Equal(way, said.Do);
        Assert.DoesNotContain('\n', said.What);
    }

    private static ClusterStatus Cluster(string what) => what switch
    {
        "stopped standby" => Second(Sketch.Stopped("n2")),
        "stopped former primary" => Second(Sketch.Stopped("n2", signal: false)),
        "empty" => Second(Sketch.Stopped("n2").With(s => s with { Control = null, DataProblem = "it is empty", Place = new EmptyPlace(1) })),
        "not streaming" => Second(Sketch.Standby("n2").With(s => s with { Sql = s.Sql! with { Streaming = false } })),
        "paused replay" => Second(Sketch.Standby("n2").With(s => s with { Sql = s.Sql! with { Held = ReplayFacts.Free with { Paused = true } } })),
        "pending" => Second(Sketch.Standby("n2") with { PendingRestart = ["max_connections"] }),
        "lost slot" => Second(Sketch.Standby("n2") with { Slots = [new(SlotName.Of("n3"), false, false, null, "lost")] }),
        "full slot" => Second(Sketch.Standby("n2") with { Slots = [new("sub", true, false, 2L << 30, "extended", "postgres")] }),
        "far behind" => Sketch.Of(Sketch.Primary("n1") with { Standbys = [new("n2", "async", 1L << 30, 1L << 30)] }, Sketch.Standby("n2"), Sketch.Standby("n3")),
        "versions" => Second(Sketch.Standby("n2") with { Version = "0.2.0" }),
        "waits" => Second(Sketch.Standby("n2") with { Operations = [Operation(OperationState.Waiting)] }),
        "interrupted" => Second(Sketch.Standby("n2") with { Operations = [Operation(OperationState.Interrupted) with { Recovery = "it waits for n3" }] }),
        _ => throw new ArgumentException(what, nameof(what)),
    };

    private static OperationBrief Operation(OperationState state) => new("20300131T030000123-4f2a9c", "switch over", "n2", state, DateTimeOffset.UnixEpoch, 1, 5);

    private static ClusterStatus Second(NodeStatus second) => Sketch.Of(Sketch.Primary("n1", "n2", "n3"), second, Sketch.Standby("n3"));
}
