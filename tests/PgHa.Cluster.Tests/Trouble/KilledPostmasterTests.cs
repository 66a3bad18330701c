using System.Diagnostics;

namespace PgHa.Cluster.Tests.Trouble;

public sealed class KilledPostmasterTests : ClusterTest
{
    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(100);

    private sealed record Seen(long Begin, string? State);

    [Fact]
    public async Task Under_request_load_the_death_of_the_postmaster_is_seen_within_the_freshness_of_an_answer()
    {
        var cluster = await BothRunning();
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 8).Select(_ => Task.Run(() => ReadUntil(cluster.N1, done.Token))).ToList();
        await Wait.Until("requests flow", () => cluster.Transcript.Count > 500);

        var postmaster = cluster.N1.Postgres.Pid!.Value;
        cluster.N1.Postgres.KillPostmaster();
        await Wait.Until("the postmaster is dead", () => !ServerProcesses.IsAlive(postmaster));
        var dead = Stopwatch.GetTimestamp();
        await Wait.Until("N1 is inactive", async () => (await cluster.N1.Api.Get("instance/current")).State(cluster.N1) == "inactive", 3);
        await done.CancelAsync();

        var seen = (await Task.WhenAll(readers)).SelectMany(answers => answers).ToList();
        Assert.Contains(seen, answer => answer.State == "master");
        Assert.All(seen.Where(answer => Stopwatch.GetElapsedTime(dead, answer.Begin) > Freshness),
            answer => Assert.True(answer.State is "inactive" or "unknown", $"{answer.State} {Stopwatch.GetElapsedTime(dead, answer.Begin)} after the postmaster died"));
    }

    [Fact]
    public async Task A_killed_server_can_be_started_again_at_once()
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        cluster.N1.Postgres.KillPostmaster();
        var answer = await cluster.N1.Api.Post("instance/current");
        Assert.True(answer.Status == 200 && answer.State(cluster.N1) is "single" or "master", answer.ToString());
        await cluster.WaitForStates("master", "slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_killed_standby_can_be_started_again_at_once()
    {
        var cluster = await BothRunning();
        cluster.N2.Postgres.KillPostmaster();
        await Wait.Until("its postmaster has ended", () => !cluster.N2.Postgres.IsRunning); // its children may still be there
        await cluster.Play("POST N2 instance/slave → master, slave");
    }

    private static async Task<List<Seen>> ReadUntil(TestNode node, CancellationToken done)
    {
        var seen = new List<Seen>();
        while (!done.IsCancellationRequested)
        {
            var begin = Stopwatch.GetTimestamp();
            seen.Add(new(begin, (await node.Api.Get("instance/current")).State(node)));
        }
        return seen;
    }
}
