using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Status;
using PgHa.Terminal;

namespace PgHa.Commands.Tests;

/// <summary>The status as it is written, whole.</summary>
[Trait("Category", "Fast")]
public class StatusViewTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddHours(1);

    private static string Text(ClusterStatus status, Refusal? insteadOf = null) => string.Join('\n', StatusView.Lines(status, insteadOf, Now, new Screen(TextWriter.Null, TextWriter.Null)));

    [Fact]
    public void Automatic_failover_with_all_that_can_be_said()
    {
        var primary = Sketch.Primary("n1", "n2") with
        {
            Standbys = [new("n2", "quorum", 2048, 20_000_000, 1.25)],
            Slots = [new(SlotName.Of("n2"), false, true, 2048, "reserved"), new("sub", true, false, 5000, "reserved", "app")],
            Operations = [new("20300131T030000123-4f2a9c", "restart n2", "n1", OperationState.Running, Now.AddSeconds(-3.2), 1, 3) { Step = "stop n2", Reason = "kernel" }],
        };
        var status = Sketch.Of(primary, Sketch.Standby("n2").With(s => s with { Sql = s.Sql! with { Replay = new(0x1000000) } }) with { ReplayedAgo = 75 }, Sketch.Away("n3")) with
        {
            Explain = new()
            {
                Node = "n1", Row = 9, Rule = "", Action = "None", Reason = "it serves", Holder = "n1", Epoch = 7, RunsOutIn = 3.2, Paused = true, PausedNodes = ["n3"],
                Sync = "commits wait for n2", Scheduled = new() { Id = "a", At = Now.AddDays(1), Change = new() { Target = "n2" } },
            },
        };
        Assert.Equal("""
            n1 is primary, 1 of 2 standbys streams, 1 thing needs a person
            cluster main, system 7413000000000000001, automatic failover, n1 holds the record, epoch 7
            asked the agent of n1, because the agent of n3 does not answer

            node  role     state      tl  lsn        to receive  to replay      behind  sync    agent
            n1    primary  running     1  0/3000148                                             0.1.0
            n2    standby  streaming   1  0/3000148      2048 B      19 MB  1 min 15 s  quorum  0.1.0
            n3    unknown  not seen

            promotable  n2
                        not n3: its agent does not answer
            slots       n1: 1 for nodes, sub (logical, not in use, 5000 B)
            running     restart n2 (kernel), begun 3.2 s ago, 1 of 3 steps done, now: stop n2: pgha operations 20300131T030000123-4f2a9c --follow
            paused      automatic failover, in the whole cluster: pgha resume
            paused      automatic failover, for n3: pgha resume n3
            scheduled   a switchover to n2 is scheduled for 1970-01-02 01:00:00Z
            sync        commits wait for n2

            needs a person
              n3: its agent does not answer: no answer in time
                -> look at its machine, and at its agent there (systemctl status pgha); nothing is known of its server
            """, Text(status, new(Code.PeerUnreachable, "the agent of n3 does not answer", "")));
    }

    [Fact]
    public void A_standby_that_may_become_writable_is_not_called_primary()
    {
        var second = Sketch.Standby("n2").With(s => s with { StandbySignal = false });
        var text = Text(Sketch.Of(Sketch.Primary("n1", "n2"), second));
        Assert.StartsWith("n1 is primary, 1 of 1 standbys streams, 1 thing needs a person\n", text, StringComparison.Ordinal);
        Assert.Contains("n2    may write  streaming", text, StringComparison.Ordinal);
        Assert.StartsWith("NO PRIMARY, ", Text(Sketch.Of(second, Sketch.Stopped("n3"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Agents_of_an_older_version_only_say_what_they_see()
    {
        var text = Text(Sketch.Of([.. Sketch.Whole().Nodes.Select(n => new NodeStatus { Seen = n.Seen })]));
        Assert.StartsWith("n1 is primary, 2 of 2 standbys stream, nothing needs a person\n", text, StringComparison.Ordinal);
        Assert.Contains("n2    standby  streaming   1  0/3000148         0 B        0 B     0 s  older", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(9_999, "9999 B")]
    [InlineData(16 << 20, "16 MB")]
    [InlineData(20L << 30, "20 GB")]
    public void Bytes_are_shown_in_a_unit_that_can_be_read(long bytes, string text) => Assert.Equal(text, Sizes.Bytes(bytes));

    [Fact]
    public void Without_a_terminal_a_sentence_is_one_line()
    {
        var lines = Folded.Lines("  -> ", string.Join(' ', Enumerable.Repeat("word", 50)), new Screen(TextWriter.Null, TextWriter.Null)).ToArray();
        Assert.Single(lines);
    }
}
