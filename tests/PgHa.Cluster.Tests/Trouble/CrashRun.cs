using System.Text.Json;

namespace PgHa.Cluster.Tests.Trouble;

/// <summary>Plays crash points on one pair, which each case leaves running, whichever node is primary then. Clients write throughout.</summary>
internal sealed class CrashRun : IAsyncDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(25);
    private readonly TestCluster cluster;
    private readonly WritingClients writers;

    private CrashRun(TestCluster cluster)
    {
        this.cluster = cluster;
        writers = new WritingClients(cluster, Pace);
    }

    public TestNode P { get; private set; } = null!;

    public TestNode S => cluster.Nodes.Single(node => node != P);

    public TestCluster Cluster => cluster;

    public static async Task<CrashRun> Start(TestCluster cluster)
    {
        var run = new CrashRun(cluster) { P = cluster.N1 };
        await Wait.Until("rows are written", () => cluster.Ledger.Count > 0);
        return run;
    }

    public async ValueTask DisposeAsync() => await writers.DisposeAsync();

    /// <summary>All points of a scenario for a victim, from the plan that its dry run answers.</summary>
    public async Task<IReadOnlyList<CrashPoint>> Points(CrashScenario scenario, Victim victim)
    {
        await Prepare(scenario);
        var (method, coordinator, path) = Call(scenario);
        var answer = await coordinator.Api.Send(method, path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "dryRun=true");
        Assert.True(answer.Status == 200, answer.ToString());
        var steps = answer.Field("steps")!.Value.EnumerateArray().ToArray();
        Assert.True(steps.Length == scenario.Steps, $"{scenario}: {answer}");
        await BringUp(scenario);
        return [.. steps.SelectMany((step, i) => Moments(step, i == steps.Length - 1, coordinator, victim).Select(m => new CrashPoint(scenario, i, m, victim)))];
    }

    public async Task Play(CrashPoint point)
    {
        await Prepare(point.Scenario);
        var (p, s) = (P, S);
        var (method, coordinator, path) = Call(point.Scenario);
        var other = coordinator == p ? s : p;
        var victim = point.Victim == Victim.Coordinator ? coordinator : other;
        var operation = await OperationWatch.Begin(coordinator, method, path);
        await operation.AdvanceTo(point.Step);
        await (point.Moment switch
        {
            Moment.Before => victim.Agent.Kill(),
            Moment.Asked => KillAsked(operation, point.Step, other),
            _ => KillAfter(operation, point, coordinator, other, victim),
        });
        await victim.StartAgent();
        if (point is { Victim: Victim.Other, Moment: Moment.Before })
            await operation.Resume("?all=true");
        else if (point.Victim == Victim.Other)
            await GoOn(operation);
        await CheckEnd(point, operation, p, s);
        await BringUp(point.Scenario);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    private static IEnumerable<Moment> Moments(JsonElement step, bool last, TestNode coordinator, Victim victim)
    {
        yield return Moment.Before;
        var remote = step.GetProperty("node").GetString() != coordinator.Name;
        if (remote && victim == Victim.Other)
            yield return Moment.Asked;
        var changes = step.GetProperty("changes").GetBoolean();
        if ((last && (changes || !remote || victim == Victim.Other)) || (remote && victim == Victim.Coordinator && changes))
            yield return Moment.After; // after any other step it waits before the next one: that point is there already
    }

    private (HttpMethod Method, TestNode Coordinator, string Path) Call(CrashScenario scenario)
    {
        var words = scenario.Call.Split(' ');
        return (new(words[0]), words[1] == "P" ? P : S, words[2].Replace("to=S", $"to={S.Name}", StringComparison.Ordinal));
    }

    private async Task Prepare(CrashScenario scenario)
    {
        switch (scenario.Beginning)
        {
            case Beginning.StandbyStopped:
                await Ok(S.Api.Delete("instance/current"));
                break;
            case Beginning.BothStopped:
                await Ok(P.Api.Delete("instance/all"));
                break;
            case Beginning.PrimaryStopped:
                await Ok(P.Api.Delete("instance/current"));
                break;
            case Beginning.BothStoppedStandbyBehind or Beginning.PrimaryStoppedStandbyBehind:
                await Ok(S.Api.Delete("instance/current"));
                await cluster.Ledger.Insert(P);
                await Ok(P.Api.Delete("instance/current"));
                if (scenario.Beginning == Beginning.PrimaryStoppedStandbyBehind) await Ok(S.Api.Post("instance/current"));
                break;
            case Beginning.FormerPrimaryBehind:
                await Ok(P.Api.Delete("instance/current"));
                await Ok(S.Api.Post("instance/failover/restart"));
                await cluster.Ledger.Insert(S);
                await Ok(S.Api.Delete("instance/current"));
                break;
            case Beginning.PartedOnOneTimeline:
                await Ok(S.Api.Delete("instance/current"));
                await S.Postgres.WriteAlone();
                break;
            case Beginning.PartedByPromotion:
                await Ok(P.Api.Delete("instance/masterSlave"));
                await AsPostgres.Run("/usr/bin/touch", P.Postgres.InData("standby.signal"));
                await P.Postgres.Start();
                await P.Postgres.Promote();
                await S.Postgres.WriteAlone();
                break;
            case Beginning.StandbyEmpty:
                await Ok(S.Api.Delete("instance/current"));
                Directory.Delete(S.Postgres.DataDirectory, recursive: true);
                break;
            case Beginning.BothEmpty:
                await Ok(P.Api.Delete("instance/all"));
                foreach (var node in cluster.Nodes) Directory.Delete(node.Postgres.DataDirectory, recursive: true);
                cluster.Ledger.BeginAnew();
                break;
        }
        await WaitForRoles(scenario.Before, P, S);
    }

    /// <summary>The other agent is frozen when it is asked, so that it dies with the step before it.</summary>
    private static async Task KillAsked(OperationWatch operation, int step, TestNode other)
    {
        await other.Agent.Freeze();
        await operation.Resume();
        await operation.WaitForStep(step, "running");
        await other.Agent.Kill();
    }

    private static async Task KillAfter(OperationWatch operation, CrashPoint point, TestNode coordinator, TestNode other, TestNode victim)
    {
        var words = (await operation.Report()).GetProperty("steps")[point.Step];
        if (point.Victim == Victim.Other || words.GetProperty("node").GetString() == coordinator.Name)
        {
            await operation.Resume();
            await operation.WaitForStep(point.Step, "done");
            await victim.Agent.Kill();
            return;
        }
        await other.Agent.Freeze();
        await operation.Resume();
        await operation.WaitForStep(point.Step, "running");
        await AsPostgres.Run("/usr/bin/mkfifo", operation.Aside); // the next report cannot be written: nobody reads
        Signal.Send(other.Agent.Pid, Signal.Continue);
        await Wait.Until($"{other.Name} has carried the step out", async () =>
            (await OperationWatch.Look(other, "node?fresh=true")).TryGetProperty("last_step", out var last)
            && last.GetProperty("operation").GetString() == operation.Id && !last.GetProperty("running").GetBoolean()
            && last.GetProperty("step").GetString() == words.GetProperty("step").GetString(), 30);
        await victim.Agent.Kill();
        File.Delete(operation.Aside);
    }

    /// <summary>It may wait before its next step, be taken up already, or have ended.</summary>
    private static async Task GoOn(OperationWatch operation)
    {
        if ((await operation.Report()).GetProperty("state").GetString() is "running" or "waiting")
            await operation.TryResumeAll();
    }

    private async Task CheckEnd(CrashPoint point, OperationWatch operation, TestNode p, TestNode s)
    {
        var (how, report) = await operation.End();
        Assert.True(how is "done" or "undone", $"{how}: {report}");
        await WaitForRoles(how == "done" ? point.Scenario.After : point.Scenario.Before, p, s);
        var writable = 0;
        foreach (var node in cluster.Nodes.Where(node => node.Postgres.IsRunning))
            if (!await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()")) writable++;
        Assert.True(writable < 2, "two nodes are writable");
    }

    /// <summary>States as one word each for writable and for recovery: whether somebody streams changes by itself.</summary>
    private static Task WaitForRoles(string roles, TestNode p, TestNode s)
    {
        return Wait.Until($"{p.Name}, {s.Name}: {roles}", async () =>
        {
            var states = await OperationWatch.LookV1(p, "instance/all");
            return string.Join(", ", new[] { p, s }.Select(node => Role(states.GetProperty(node.Name).GetString()!))) == roles;
        });
    }

    private static string Role(string state) => state switch { "master" => "single", "slave" => "recovery", _ => state };

    /// <summary>The pair goes on: one call, on the writable node if there is one, makes it whole; one more where the standby has to be replaced.</summary>
    private async Task BringUp(CrashScenario scenario)
    {
        if (scenario.Beginning == Beginning.BothEmpty)
            await FillBoth();
        if (scenario.Beginning is Beginning.PartedOnOneTimeline or Beginning.PartedByPromotion or Beginning.StandbyEmpty && !S.Postgres.IsRunning)
            await Free(S, scenario.Beginning == Beginning.StandbyEmpty ? "data/clone" : "instance/slave?rejoin=reclone");
        var states = await P.Api.Get("instance/all");
        var first = cluster.Nodes.FirstOrDefault(node => Role(states.State(node)!) == "single") ?? P;
        await Free(first, "instance/all");
        P = first;
        await cluster.Ledger.Insert(P, 1);
    }

    /// <summary>The cluster was made, or can be made now; it gets its table and its standby.</summary>
    private async Task FillBoth()
    {
        if (!P.Postgres.IsRunning)
            await Free(P, "data/init");
        await P.Postgres.Execute(Ledger.Table);
        await Free(S, "data/clone");
    }

    /// <summary>An operation ends a moment after its report.</summary>
    private static async Task Free(TestNode node, string path)
    {
        Answer answer = null!;
        await Wait.Until("no operation runs", async () => (answer = await node.Api.Post(path)).Code != 8);
        Assert.True(answer.Status == 200, answer.ToString());
    }

    private static async Task Ok(Task<Answer> call)
    {
        var answer = await call;
        Assert.True(answer.Status == 200, answer.ToString());
    }
}
