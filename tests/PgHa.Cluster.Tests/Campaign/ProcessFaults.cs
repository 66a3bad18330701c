namespace PgHa.Cluster.Tests.Campaign;

/// <summary>Agents, servers and single processes that are killed or frozen.</summary>
internal static class ProcessFaults
{
    private static readonly string[] Titles = ["walreceiver", "startup", "checkpointer", "walwriter", "archiver", "walsender", "background writer", "postgres postgres", "logical replication"];

    public static Move KillAgent(Random random, World world)
    {
        var (node, hold) = (1 + random.Next(world.Nodes), random.Next(4000));
        return new($"kill the agent of N{node} for {hold} ms", async run =>
        {
            using var turn = await run.TurnAt(run.Node(node));
            run.Disturb(run.Node(node));
            if (run.Node(node).Agent is { IsRunning: true } agent) await agent.Kill();
            await Task.Delay(hold, CancellationToken.None);
            await Revive(run, run.Node(node));
        });
    }

    public static Move FreezeAgent(Random random, World world)
    {
        var (node, hold) = (1 + random.Next(world.Nodes), random.Next(6000));
        return new($"freeze the agent of N{node} for {hold} ms", async run =>
        {
            var agent = run.Node(node).Agent;
            run.Disturb(run.Node(node));
            if (!agent.IsRunning) return;
            Signal.Send(agent.Pid, Signal.Stop);
            await Task.Delay(hold, CancellationToken.None);
            run.Disturb(run.Node(node));
            agent.Thaw();
        });
    }

    public static Move KillPostmaster(Random random, World world) => ToPostmaster(random, world, "kill -9 the postmaster", Signal.Kill);

    public static Move StopAtOnce(Random random, World world) => ToPostmaster(random, world, "immediate stop by hand", Signal.Quit);

    public static Move StopFast(Random random, World world) => ToPostmaster(random, world, "fast stop by hand", Signal.Interrupt);

    /// <summary>The whole server, or its postmaster alone.</summary>
    public static Move FreezeServer(Random random, World world)
    {
        var (node, hold, alone) = (1 + random.Next(world.Nodes), random.Next(6000), random.Next(3) == 0);
        return new($"freeze the {(alone ? "postmaster" : "server")} of N{node} for {hold} ms", async run =>
        {
            var postgres = run.Node(node).Postgres;
            foreach (var pid in alone ? (postgres.Pid is { } one ? [one] : []) : postgres.Processes) Signal.Send(pid, Signal.Stop);
            await Task.Delay(hold, CancellationToken.None);
            postgres.Thaw();
        });
    }

    public static Move KillProcess(Random random, World world)
    {
        var (node, title) = (1 + random.Next(world.Nodes), Titles[random.Next(Titles.Length)]);
        return new($"kill -9 '{title}' of N{node}", run =>
        {
            foreach (var pid in Titled(run.Node(node), title).Take(1)) Signal.Send(pid, Signal.Kill);
            return Task.CompletedTask;
        });
    }

    public static Move FreezeProcess(Random random, World world)
    {
        var (node, title, hold) = (1 + random.Next(world.Nodes), Titles[random.Next(Titles.Length)], random.Next(8000));
        return new($"freeze '{title}' of N{node} for {hold} ms", async run =>
        {
            var pids = Titled(run.Node(node), title).ToList();
            foreach (var pid in pids) Signal.Send(pid, Signal.Stop);
            await Task.Delay(hold, CancellationToken.None);
            foreach (var pid in pids) Signal.Send(pid, Signal.Continue);
        });
    }

    public static async Task Revive(Run run, TestNode node)
    {
        run.Disturb(node);
        if (node.Agent.IsRunning) return;
        try
        {
            await node.StartAgent();
        }
        catch (InvalidOperationException e)
        {
            throw new FindingException($"the agent of N{node.Number} does not start", e);
        }
    }

    private static Move ToPostmaster(Random random, World world, string words, int signal)
    {
        var node = 1 + random.Next(world.Nodes);
        return new($"{words} of N{node}", run =>
        {
            if (run.Node(node).Postgres is { IsRunning: true, Pid: { } pid }) Signal.Send(pid, signal);
            return Task.CompletedTask;
        });
    }

    private static IEnumerable<int> Titled(TestNode node, string title) => node.Postgres.Processes.Where(pid => Title(pid).Contains(title, StringComparison.Ordinal));

    private static string Title(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return ""; // ended meanwhile
        }
    }
}
