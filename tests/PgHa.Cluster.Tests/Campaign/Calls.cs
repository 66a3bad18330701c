namespace PgHa.Cluster.Tests.Campaign;

/// <summary>The documented calls that change something, drawn at random, without force.</summary>
internal static class Calls
{
    private static readonly string[] Paths =
    [
        "POST instance/current", "POST instance/master", "POST instance/slave", "POST instance/slave?rejoin=rewind", "POST instance/slave?rejoin=reclone",
        "POST instance/all", "POST instance/all/masterSlave", "POST instance/failover/restart", "POST instance/failover/promote", "POST node/promote",
        "POST instance/failover/restart?to=NODE", "POST instance/failover/promote?to=NODE",
        "POST instance/switchover/masterSlave", "POST instance/switchover/slaveMaster", "POST instance/switchover/masterSlave?by=promote",
        "POST instance/switchover/masterSlave?by=promote", "POST instance/switchover/masterSlave?by=promote&unlogged=accept",
        "POST instance/switchover/masterSlave?by=promote&to=NODE", "POST instance/switchover/masterSlave?to=NODE", "POST instance/switchover/slaveMaster?to=NODE",
        "DELETE instance/current", "DELETE instance/master", "DELETE instance/slave", "DELETE instance/all", "DELETE instance/slaveMaster", "DELETE instance/masterSlave",
        "POST data/init", "POST data/clone", "POST slots/file",
        "POST ../v2/cluster/start {}", "POST ../v2/cluster/start {\"target\":\"NODE\"}", "POST ../v2/cluster/stop {\"target\":\"NODE\"}",
        "POST ../v2/cluster/switchover {}", "POST ../v2/cluster/switchover {\"target\":\"NODE\"}", "POST ../v2/cluster/switchover {\"by\":\"restart\",\"order\":\"standbys_first\"}",
        "POST ../v2/cluster/failover {}", "POST ../v2/cluster/failover {\"by\":\"restart\"}", "POST ../v2/cluster/rejoin {\"target\":\"NODE\"}",
        "POST ../v2/cluster/rejoin {\"target\":\"NODE\",\"by\":\"rewind\"}",
    ];

    /// <summary>Those that move the primary, or bring nodes back.</summary>
    private static readonly string[] RoleChanges =
    [
        "POST instance/switchover/masterSlave", "POST instance/switchover/slaveMaster", "POST instance/switchover/masterSlave?by=promote",
        "POST instance/switchover/masterSlave?by=promote&unlogged=accept", "POST instance/switchover/masterSlave?by=promote&to=NODE", "POST instance/switchover/masterSlave?to=NODE",
        "POST instance/failover/promote", "POST instance/failover/restart", "POST instance/all", "POST instance/master", "POST instance/slave?rejoin=reclone", "POST instance/slave?rejoin=rewind",
    ];

    public static Move Draw(Random random, World world) => Draw(random, world, Paths);

    public static Move DrawRoleChange(Random random, World world) => Draw(random, world, RoleChanges);

    private static Move Draw(Random random, World world, string[] paths)
    {
        var at = 1 + random.Next(world.Nodes);
        var path = paths[random.Next(paths.Length)].Replace("NODE", $"pg-node0{1 + random.Next(world.Nodes)}", StringComparison.Ordinal);
        var (dry, steps) = (random.Next(12) == 0, random.Next(12) == 0 ? random.Next(1, 6) : 0);
        var (ends, pause) = (random.Next(2) == 0 ? "abandon" : "resume?all=true", random.Next(2000));
        if (path.Contains("v2/", StringComparison.Ordinal) || path.Contains("data/", StringComparison.Ordinal) || path.Contains("slots/", StringComparison.Ordinal))
            return new($"N{at} {path}", run => Play(run, run.Node(at), path));
        if (dry) return new($"N{at} {With(path, "dryRun=true")}", run => Play(run, run.Node(at), With(path, "dryRun=true")));
        if (steps > 0)
            return new($"N{at} {path} stepwise, {steps} steps, {ends} after {pause} ms", run => Stepwise(run, run.Node(at), With(path, "stepwise=true"), steps, ends, pause));
        return new($"N{at} {path}", run => Play(run, run.Node(at), With(path, "timeout=20")));
    }

    private static Task Play(Run run, TestNode node, string call) => Caller.Send(run, node, call);

    /// <summary>Some steps are carried out, then the rest, or none of it any more.</summary>
    private static async Task Stepwise(Run run, TestNode node, string call, int steps, string end, int pause)
    {
        if (await Caller.Send(run, node, call) is not { Status: 202, Location: { } location }) return;
        var operation = ".." + location.ToString()["/api/pg".Length..];
        await Caller.Send(run, node, $"POST {operation}/resume?steps={steps}");
        await Task.Delay(pause, CancellationToken.None);
        await Caller.Send(run, node, $"POST {operation}/{end}");
    }

    private static string With(string path, string option) => path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + option;
}
