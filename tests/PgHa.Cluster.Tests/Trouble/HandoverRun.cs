namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// Switchovers by promotion on one pair, each walked step by step, with trouble for the target before one of the steps. Clients write and
/// every server is watched throughout.
/// </summary>
internal sealed class HandoverRun : IAsyncDisposable
{
    private const string Call = "instance/switchover/masterSlave?by=promote";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);
    private readonly TestCluster cluster;
    private readonly WritingClients writers;
    private readonly WriterWatch watch;
    private int? postmaster;

    private HandoverRun(TestCluster cluster) =>
        (this.cluster, P, writers, watch) = (cluster, cluster.N1, new WritingClients(cluster, Pace), new WriterWatch(cluster));

    /// <summary>The primary before the switchover.</summary>
    public TestNode P { get; private set; }

    /// <summary>Its standby, the target.</summary>
    public TestNode S => cluster.Nodes.Single(node => node != P);

    /// <summary>What the steps of the switchover say, in order.</summary>
    public IReadOnlyList<string> Steps { get; private set; } = [];

    /// <summary>Whether the old primary's server is still the one it was.</summary>
    public bool PrimaryRanOn => P.Postgres.IsRunning && P.Postgres.Pid == postmaster;

    public static async Task<HandoverRun> Start(TestCluster cluster)
    {
        var run = new HandoverRun(cluster);
        await run.WritesOn(run.P);
        run.Steps = Words(await run.P.Api.Post(Call + "&dryRun=true"));
        return run;
    }

    public async ValueTask DisposeAsync()
    {
        await writers.DisposeAsync();
        await watch.DisposeAsync();
    }

    /// <summary>The step that ends the primary: until then it must not have been touched.</summary>
    public int HandOver => Find("end the sessions of");

    /// <summary>The step that promotes.</summary>
    public int TakeOver => Find("and promote it");

    /// <summary>Advances to a step, makes trouble there, lets it go on to its end, and says how it ended: done or undone.</summary>
    public Task<(string How, string Report)> Play(int step, Func<Task> trouble) => Play(step, async operation =>
    {
        await trouble();
        await operation.TryResumeAll();
    });

    /// <summary>The trouble may be made while the step runs.</summary>
    public async Task<(string How, string Report)> Play(int step, Func<OperationWatch, Task> goOn)
    {
        cluster.Transcript.Enqueue($"--- from {P.Name} to {S.Name}, before step {step + 1}");
        postmaster = P.Postgres.Pid;
        var operation = await OperationWatch.Begin(P, HttpMethod.Post, Call);
        await operation.AdvanceTo(step);
        await goOn(operation);
        return await operation.End();
    }

    /// <summary>Rows are acknowledged by a node, which goes on writing.</summary>
    public async Task WritesOn(TestNode node)
    {
        var before = cluster.Ledger.CountOn(node);
        await Wait.Until($"{node.Name} is written to", () => cluster.Ledger.CountOn(node) > before + 20, 30);
    }

    /// <summary>One node serves, the one that how it ended says; one call makes the pair whole; nothing is lost.</summary>
    public async Task Check(string how, string report)
    {
        Assert.True(how is "done" or "undone", $"{how}: {report}");
        var serves = how == "done" ? S : P;
        await WritesOn(serves);
        Assert.Equal(serves, await cluster.Writable());
        await BringUp(serves);
        P = serves;
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
        watch.AssertOneWriter();
    }

    private int Find(string words) => Steps.Index().Single(step => step.Item.Contains(words, StringComparison.Ordinal)).Index;

    /// <summary>An operation ends a moment after its report.</summary>
    private async Task BringUp(TestNode serves)
    {
        Answer answer = null!;
        await Wait.Until("no operation runs", async () => (answer = await serves.Api.Post("instance/all")).Code != 8);
        Assert.True(answer.Status == 200, answer.ToString());
        var states = cluster.Nodes.Select(node => node == serves ? "master" : "slave").ToArray();
        await cluster.WaitForStates(states);
    }

    private static string[] Words(Answer plan)
    {
        Assert.True(plan.Status == 200, plan.ToString());
        return [.. plan.Field("steps")!.Value.EnumerateArray().Select(step => step.GetProperty("step").GetString()!)];
    }
}
