using PgHa.Agent.Guard;

namespace PgHa.Cluster.Tests.Leadership;

/// <summary>At its deadline the guard ends a real server, whatever has become of the agent.</summary>
public sealed class GuardTests : ClusterTest
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task At_the_deadline_every_process_is_gone_and_the_next_start_is_a_standby()
    {
        await using var guard = await Guarded();
        var server = Node.Postgres;
        await using var session = await server.Connect();
        var postmaster = server.Pid;

        Assert.Equal("until", await guard.Until(GuardClient.Now + Soon));
        Assert.Equal("until", await guard.Until(GuardClient.Now + (2 * Soon)));
        var until = GuardClient.Now + Soon;
        Assert.Equal("until", await guard.Until(until));
        await Fenced(server);

        Assert.True(GuardClient.Now >= until - TimeSpan.FromMilliseconds(20));
        await Wait.Until("the machine has forgotten the postmaster", () => !Directory.Exists($"/proc/{postmaster}"));
        await server.Start();
        Assert.True(await server.Ask<bool>("SELECT pg_is_in_recovery()"));
    }

    [Fact]
    public async Task A_moved_deadline_lets_it_write_on_and_rest_ends_the_duty()
    {
        await using var guard = await Guarded();
        var server = Node.Postgres;
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("until", await guard.Until(GuardClient.Now + Soon));
            await server.Execute("SELECT pg_sleep(0.1)");
        }
        Assert.Equal("rest", await guard.Rest());
        await server.Execute("SELECT pg_sleep(1.5)");
        Assert.False(server.HasStandbySignal);
        guard.HangUp();
        await Wait.Until("a guard without a duty ends", () => !guard.IsRunning, 15);
    }

    [Fact]
    public async Task An_agent_that_is_gone_leaves_its_deadline_and_its_successor_moves_it()
    {
        await using var guard = await Guarded();
        var server = Node.Postgres;
        Assert.Equal("until", await guard.Until(GuardClient.Now + (3 * Soon)));
        guard.HangUp();
        await guard.Connect();
        Assert.Equal("until", await guard.Until(GuardClient.Now + Soon));
        guard.HangUp();
        await Fenced(server);
    }

    [Fact]
    public async Task Nobody_can_move_a_deadline_that_has_passed()
    {
        await using var guard = await Guarded();
        var server = Node.Postgres;
        Assert.Equal("fenced", await guard.Until(GuardClient.Now - Soon));
        Assert.True(await server.Serves());
        Assert.Equal("until", await guard.Until(GuardClient.Now + Soon));
        await Fenced(server);
        await Wait.Until("it tells its agent", async () => await guard.Until(GuardClient.Now + Soon) == "until");
    }

    [Fact]
    public async Task Frozen_processes_a_supervisor_and_a_renamed_directory_do_not_help_the_server()
    {
        await using var guard = await Guarded();
        var server = Node.Postgres;
        await using var session = await server.Connect();
        var pids = server.Processes;
        await server.FreezeChildren();
        var moved = server.DataDirectory + ".moved";
        Assert.Equal("until", await guard.Until(GuardClient.Now + Soon));
        Directory.Move(server.DataDirectory, moved);

        await Wait.Until("every process is gone", () => !pids.Any(ServerProcesses.IsAlive));
        Directory.Move(moved, server.DataDirectory);
    }

    [Fact]
    public async Task A_server_that_is_started_again_and_again_ends_as_a_standby()
    {
        await using var guard = await Guarded();
        var server = Node.Postgres;
        await using var supervisor = Supervisor.Of(Node);
        Assert.Equal("until", await guard.Until(GuardClient.Now + Soon));

        await Wait.Until("it is a standby", async () => server.HasStandbySignal && await server.Serves() && await server.Ask<bool>("SELECT pg_is_in_recovery()"), 30);
    }

    [Fact]
    public async Task There_is_one_guard_and_what_it_does_not_understand_ends_the_link_only()
    {
        await using var guard = await Guarded();
        var server = Node.Postgres;
        Assert.Equal("until", await guard.Until(GuardClient.Now + (3 * Soon)));
        await AsPostgres.Run(AgentProcess.Binary, "guard", "--data-directory", server.DataDirectory, "--socket", Node.In("guard.socket"));
        foreach (var line in new[] { "until 5 -1", "until 5", "until x 5", "", "rest 1 2", new string('x', 1000) })
        {
            Assert.Equal("", await guard.Say(line));
            guard.HangUp();
            await guard.Connect();
        }
        Assert.Equal("until", await guard.Until(GuardClient.Now + Soon));
        await Fenced(server);
    }

    [Fact]
    public async Task The_agents_link_starts_a_guard_replaces_one_that_was_killed_and_believes_only_what_is_confirmed()
    {
        var cluster = Keep(await TestCluster.FilesOnly(1));
        Node = cluster.N1;
        await Node.Postgres.Start();
        var socket = Node.In("guard.of.link");
        await using var link = new GuardLink(Node.Postgres.DataDirectory, socket, AgentProcess.Binary, TimeProvider.System);
        var cancel = TestContext.Current.CancellationToken;

        var until = GuardClient.Now + (20 * Soon);
        Assert.Equal(until, await link.SetAsync(until, cancel));
        var first = await OnDuty(socket);
        Signal.Send(first, Signal.Kill);
        Assert.Equal(until, await link.SetAsync(until, cancel));
        var second = await OnDuty(socket);
        Assert.NotEqual(first, second);
        Signal.Send(second, Signal.Kill); // nothing is said to it: the next one holds the same deadline all the same
        await using var other = new GuardLink(Node.Postgres.DataDirectory, socket, "", TimeProvider.System);
        await Wait.Until("another guard holds the deadline", async () => await other.AskAsync(cancel) == until);
        second = await OnDuty(socket);
        Signal.Send(second, Signal.Term); // on duty it stays
        Assert.True(await link.RestAsync(cancel));
        Assert.Null(await link.SetAsync(GuardClient.Now - Soon, cancel));
        Assert.NotNull(await link.SetAsync(GuardClient.Now + Soon, cancel));
        await Fenced(Node.Postgres);
    }

    /// <summary>On a busy machine one that is slow to listen gets company, which ends at once.</summary>
    private static async Task<int> OnDuty(string socket)
    {
        await Wait.Until("one guard is left", () => Guards(socket).Length == 1);
        return Guards(socket)[0];
    }

    private static int[] Guards(string socket) =>
        [.. Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out var pid) ? pid : 0).Where(pid => pid > 0 && IsGuard(pid, socket))];

    private static bool IsGuard(int pid, string socket)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0') is [_, "guard", ..] words && words.Contains(socket) && ServerProcesses.IsAlive(pid);
        }
        catch (IOException)
        {
            return false; // ended meanwhile
        }
    }

    private TestNode Node { get; set; } = null!;

    private async Task<GuardClient> Guarded()
    {
        var cluster = Keep(await TestCluster.FilesOnly(1));
        Node = cluster.N1;
        return await GuardClient.Beside(Node);
    }

    private static Task Fenced(Postgres server) => Wait.Until("the server is fenced", () => server.Processes.Count == 0 && server.HasStandbySignal);
}
