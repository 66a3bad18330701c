using System.Globalization;

namespace PgHa.Cluster.Tests.Safety;

/// <summary>
/// pg_rewind, or its agent, is killed while files are half way over: what lies there is never started, and a copy takes its place, with
/// the node's own files.
/// </summary>
[Trait("Category", "Long")]
public sealed class BrokenRewindTests : ClusterTest
{
    [Fact]
    public async Task Where_pg_rewind_is_killed_nothing_starts_the_node_but_a_reclone()
    {
        var (cluster, own) = await PartedPair.Make(this);
        var (call, backend) = await InTheMiddle(cluster);
        Signal.Send(Assert.Single(Rewinds(cluster.N1)), Signal.Kill);
        var answer = await call;
        answer.AssertRefused(500, 9);
        Assert.Contains("pg_rewind failed", answer.Message, StringComparison.Ordinal);
        Assert.Contains("rejoin=reclone", answer.Hint, StringComparison.Ordinal);
        Signal.Send(backend, Signal.Continue);
        await cluster.AssertUnchanged(() => NeverStarts(cluster));
        await cluster.N1.Agent.Kill(); // it is not forgotten
        await cluster.N1.StartAgent();
        await cluster.AssertUnchanged(() => NeverStarts(cluster));
        await cluster.Play("POST N1 instance/slave?rejoin=reclone → slave, master");
        await cluster.IsItselfAgain(own);
    }

    [Fact]
    public async Task Where_the_half_rewound_directory_is_taken_away_by_hand_a_clone_takes_its_place()
    {
        var (cluster, own) = await PartedPair.Make(this);
        var (call, backend) = await InTheMiddle(cluster);
        Signal.Send(Assert.Single(Rewinds(cluster.N1)), Signal.Kill);
        (await call).AssertRefused(500, 9);
        Signal.Send(backend, Signal.Continue);
        Directory.Delete(cluster.N1.Postgres.DataDirectory, recursive: true);
        await cluster.Play("POST N1 data/clone → slave, master");
        Assert.Equal(own, cluster.N1.OwnFiles());
        Assert.Empty(Directory.GetFileSystemEntries(cluster.N1.In("state"), "rewind*"));
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.Play("POST N1 instance/switchover/masterSlave → master, slave");
    }

    [Fact]
    public async Task Where_the_agent_is_killed_and_pg_rewind_ends_without_it_a_copy_is_taken_when_it_is_back()
    {
        var (cluster, own) = await PartedPair.Make(this);
        var (call, backend) = await InTheMiddle(cluster);
        await cluster.N1.Agent.Kill();
        await Task.WhenAny(call); // broken off
        Signal.Send(backend, Signal.Continue);
        await Wait.Until("pg_rewind has ended", () => Rewinds(cluster.N1).Length == 0, 60);
        Assert.NotEqual(own, cluster.N1.OwnFiles()); // it brought that of N2 along
        await cluster.N1.StartAgent();
        await OperationWatch.NothingOpen(cluster.N1);
        await cluster.WaitForStates("slave", "master");
        await cluster.IsItselfAgain(own);
    }

    [Fact]
    public async Task Where_the_agent_is_killed_and_pg_rewind_is_still_at_work_it_is_ended_before_a_copy_takes_the_place()
    {
        var (cluster, own) = await PartedPair.Make(this);
        var (call, backend) = await InTheMiddle(cluster);
        await cluster.N1.Agent.Kill();
        await Task.WhenAny(call); // broken off
        Assert.Single(Rewinds(cluster.N1));
        await cluster.N1.StartAgent();
        await OperationWatch.NothingOpen(cluster.N1);
        await cluster.WaitForStates("slave", "master");
        Assert.Empty(Rewinds(cluster.N1));
        Signal.Send(backend, Signal.Continue);
        await cluster.IsItselfAgain(own);
    }

    /// <summary>
    /// A standby that crashed is recovered first, in single-user mode, which does not start where standby.signal lies. What stands there
    /// without it would come up as a second primary when somebody starts it by hand.
    /// </summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task Where_the_agent_ends_while_a_crash_is_recovered_the_node_is_a_standby_when_it_is_back(bool killed)
    {
        var (cluster, own) = await PartedPair.Make(this);
        await using var gate = await GateBefore(cluster.N1, "postgres", "--single");
        await CrashesAsStandby(cluster.N1);
        var call = cluster.N1.Api.Post("instance/slave?rejoin=rewind");
        await Wait.Until("it is about to recover in single-user mode", () => call.IsCompleted || gate.IsWaitedAt, 60);
        Assert.False(call.IsCompleted, "it was over before it could be broken off");
        Assert.False(cluster.N1.Postgres.HasStandbySignal);
        await (killed ? cluster.N1.Agent.Kill() : cluster.N1.Agent.Stop());
        await Task.WhenAny(call); // broken off
        Assert.Equal(killed, !cluster.N1.Postgres.HasStandbySignal);
        await cluster.N1.StartAgent();
        Assert.True(cluster.N1.Postgres.HasStandbySignal);
        foreach (var path in new[] { "instance/master", "instance/master?force=true" })
            Assert.Equal(409, (await cluster.N1.Api.Post(path)).Status);
        gate.Open();
        await OperationWatch.NothingOpen(cluster.N1);
        if ((await cluster.N1.Api.Get("instance/current")).State(cluster.N1) != "slave")
            await cluster.Play("POST N1 instance/slave?rejoin=rewind → slave, master");
        await FollowsAgain(cluster, own);
    }

    /// <summary>While pg_rewind only looks, what it stumbles over is out of its way: links, and files that are only to be read.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task Where_the_agent_ends_before_pg_rewind_changes_anything_the_own_files_are_there_when_it_is_back(bool killed)
    {
        var (cluster, own) = await PartedPair.Make(this);
        await using var gate = await GateBefore(cluster.N1, "pg_rewind", "--progress");
        var call = cluster.N1.Api.Post("instance/slave?rejoin=rewind");
        await Wait.Until("pg_rewind is about to look", () => call.IsCompleted || gate.IsWaitedAt, 60);
        Assert.False(call.IsCompleted, "it was over before it could be broken off");
        Assert.NotEqual(own, cluster.N1.OwnFiles());
        await (killed ? cluster.N1.Agent.Kill() : cluster.N1.Agent.Stop());
        await Task.WhenAny(call); // broken off
        gate.Open();
        Assert.Equal(killed, own != cluster.N1.OwnFiles());
        await cluster.N1.StartAgent();
        await OperationWatch.NothingOpen(cluster.N1);
        await FollowsAgain(cluster, own);
        Assert.Empty(Directory.GetFileSystemEntries(cluster.N1.In("state"), "rewind*"));
    }

    private static async Task CrashesAsStandby(TestNode node)
    {
        await AsPostgres.Run("/usr/bin/touch", node.Postgres.InData("standby.signal"));
        await node.Postgres.Start();
        await node.Postgres.KillAndWait();
    }

    /// <summary>The node's programs are PostgreSQL's, but for one: called with this option it waits.</summary>
    private static async Task<Gate> GateBefore(TestNode node, string program, string option)
    {
        var bin = node.In("bin");
        var gate = new Gate(node.In("gate"));
        await AsPostgres.Run("/bin/sh", "-c", $$"""
            mkdir {{bin}}; ln -s {{AsPostgres.BinDir}}/* {{bin}}; rm {{bin}}/{{program}}; touch {{gate.Closed}}
            printf '%s\n' '#!/bin/sh' 'case " $* " in *" {{option}} "*)' '  touch {{gate.Waiting}}' '  while [ -e {{gate.Closed}} ]; do sleep 0.02; done' 'esac' 'exec {{AsPostgres.BinDir}}/{{program}} "$@"' >{{bin}}/{{program}}
            chmod +x {{bin}}/{{program}}
            """);
        await node.Agent.Stop();
        await node.ChangeAgentConfig($"bin_dir: {AsPostgres.BinDir}", $"bin_dir: {bin}");
        await node.StartAgent();
        return gate;
    }

    private sealed record Gate(string Path) : IAsyncDisposable
    {
        public string Closed => Path + ".closed";

        public string Waiting => Path + ".waiting";

        public bool IsWaitedAt => File.Exists(Waiting);

        public void Open() => File.Delete(Closed);

        /// <summary>Nothing waits there for ever.</summary>
        public ValueTask DisposeAsync()
        {
            Open();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>What the recovery wrote is past what was salvaged first: another salvage is right.</summary>
    private static async Task FollowsAgain(TestCluster cluster, string own)
    {
        await cluster.WaitForStates("slave", "master");
        Assert.Equal(own, cluster.N1.OwnFiles());
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.NotEmpty(Directory.GetDirectories(Path.Combine(cluster.N1.In("state"), "salvage")));
        Assert.Empty(Directory.GetFileSystemEntries(cluster.N1.In("state"), "*-aside"));
    }

    /// <summary>A rewind whose source, the one backend that serves it, is frozen after the first of many pieces.</summary>
    private static async Task<(Task<Answer> Call, int Backend)> InTheMiddle(TestCluster cluster)
    {
        var bulk = await cluster.N2.Postgres.Ask<string>("SELECT pg_relation_filepath('bulk')");
        var call = cluster.N1.Api.Post("instance/slave?rejoin=rewind");
        var file = cluster.N1.Postgres.InData(bulk); // it is made empty first
        await Wait.Until("files arrive", () => call.IsCompleted || (File.Exists(file) && new FileInfo(file).Length > 0), 60);
        var backend = await cluster.N2.Postgres.Ask<int>("SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE application_name = 'pg-node01' AND query LIKE '%pg_read_binary_file(path%'");
        Assert.True(backend > 0, "it was over before it could be broken off");
        Signal.Send(backend, Signal.Stop);
        await Wait.Until("its source is frozen", () => ServerProcesses.IsFrozen(backend));
        Assert.False(call.IsCompleted, "it was over before it could be broken off");
        Assert.Single(Rewinds(cluster.N1));
        return (call, backend);
    }

    private static Task NeverStarts(TestCluster cluster) => cluster.Play("""
        POST N1 instance/current                        → refused 409, code 7
        POST N1 instance/master                         → refused 409, code 7
        POST N1 instance/master?force=true              → refused 409, code 7
        POST N1 instance/slave                          → refused 409, code 7
        POST N1 instance/slave?rejoin=rewind            → refused 409, code 7
        POST N1 data/clone                              → refused 409, code 7
        POST N2 instance/switchover/masterSlave         → refused 409, code 7
        GET  N1 instance/all                            → inactive, single
        """);

    private static int[] Rewinds(TestNode node) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && ServerProcesses.IsAlive(pid) && CommandLine(pid) is [var program, ..] line && Path.GetFileName(program) == "pg_rewind" && line.Contains(node.Postgres.DataDirectory)),
    ];

    private static string[] CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            return []; // it ended meanwhile
        }
    }
}
