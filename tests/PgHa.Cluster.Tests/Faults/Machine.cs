using System.Globalization;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>A machine: a network namespace with a server, an agent with its guard, and a member of etcd.</summary>
internal sealed class Machine(TestNode node, Network network, EtcdMember etcd) : IAsyncDisposable
{
    private static readonly string Groups = File.ReadLines("/proc/mounts").Select(l => l.Split(' ')).First(f => f[2] == "cgroup2")[1];

    public TestNode Node { get; } = node;

    public EtcdMember Etcd { get; } = etcd;

    public string Name => Node.Name;

    public Postgres Postgres => Node.Postgres;

    /// <summary>The processes of its server with these words in their titles.</summary>
    public IReadOnlyList<int> Titled(string words) => Postgres.Titled(words);

    /// <summary>Waits until its agent's log has these words once more than when this was called.</summary>
    public Task Logs(string words, double within = 40)
    {
        var before = Count(words);
        return Wait.Until($"the log of {Name} says: {words}", () => Count(words) > before, within);
    }

    private int Count(string words) => File.ReadLines(Node.Agent.LogFile).Count(line => line.Contains(words, StringComparison.Ordinal));

    private string Group => Path.Combine(Groups, string.Create(CultureInfo.InvariantCulture, $"pgha-test-{Environment.ProcessId}-{Node.Number}"));

    /// <summary>All that runs on it, in one moment, as when it loses its power.</summary>
    public async Task Lose()
    {
        await Suspend(); // else one process sees another one end
        await Wait.Until($"{Name} is lost", async () =>
        {
            var left = (await network.Processes(Node.Number)).Where(ServerProcesses.IsAlive).ToArray();
            foreach (var pid in left) Signal.Send(pid, Signal.Kill);
            return left.Length == 0 && !Node.Agent.IsRunning && !Etcd.IsRunning;
        });
        Resume();
    }

    /// <summary>It boots: what it has as services is started, and PostgreSQL by its agent.</summary>
    public async Task Boot()
    {
        Etcd.Start();
        if (!Node.Agent.IsRunning) await Node.StartAgent();
    }

    /// <summary>It boots as a machine does: none of its processes of before is there any more, and its kernel says so.</summary>
    public async Task BootAnew()
    {
        Node.Agent.Boot = Node.In("boot_id");
        await File.WriteAllTextAsync(Node.Agent.Boot, $"{Guid.NewGuid()}\n", TestContext.Current.CancellationToken);
        await Boot();
    }

    /// <summary>No process of it runs any more, all from the same moment on, as under a hypervisor that stops it. Its kernel answers still: cut it off, too.</summary>
    public async Task Suspend()
    {
        Directory.CreateDirectory(Group);
        foreach (var pid in await network.Processes(Node.Number)) await Into(pid);
        foreach (var pid in await network.Processes(Node.Number)) await Into(pid); // those that were born meanwhile
        await Write("cgroup.freeze", "1");
        await Wait.Until($"{Name} is suspended", () => File.ReadAllText(Path.Combine(Group, "cgroup.events")).Contains("frozen 1", StringComparison.Ordinal));
    }

    public void Resume()
    {
        if (Directory.Exists(Group)) File.WriteAllText(Path.Combine(Group, "cgroup.freeze"), "0");
    }

    public async ValueTask DisposeAsync()
    {
        Resume();
        foreach (var pid in await network.Processes(Node.Number)) Signal.Send(pid, Signal.Kill);
        await Wait.Until($"nothing runs on {Name}", async () => !(await network.Processes(Node.Number)).Any(ServerProcesses.IsAlive));
        await RemoveGroup();
    }

    /// <summary>
    /// The group is of no use any more once nothing runs. The kernel lets it go when the last thread has left it, which a thread that waits for
    /// a slow disk does late. That is no fault of what was tested: who still was in it is said, and a later run removes the group.
    /// </summary>
    private async Task RemoveGroup()
    {
        if (!Directory.Exists(Group)) return;
        try
        {
            await Wait.Until($"the control group of {Name} is gone", () => Removed(Group), 30);
        }
        catch (TimeoutException)
        {
            TestContext.Current.SendDiagnosticMessage("{0} is left: {1}", Group, string.Join("; ", File.ReadLines(Path.Combine(Group, "cgroup.threads")).Select(Described)));
        }
    }

    /// <summary>Removes the groups of test runs that are not there any more.</summary>
    internal static void RemoveGroupsOfTheDead()
    {
        foreach (var group in Directory.GetDirectories(Groups, "pgha-test-*"))
            if (int.TryParse(Path.GetFileName(group).Split('-')[2], CultureInfo.InvariantCulture, out var run) && !ServerProcesses.IsAlive(run)) Removed(group);
    }

    private static bool Removed(string group)
    {
        try
        {
            if (Directory.Exists(group)) Directory.Delete(group);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string Described(string thread)
    {
        try
        {
            return thread + " " + string.Join(' ', File.ReadAllText($"/proc/{thread}/stat").Split(' ')[1..4]) + " " + File.ReadAllText($"/proc/{thread}/wchan");
        }
        catch (IOException)
        {
            return thread + " ended";
        }
    }

    private async Task Into(int pid)
    {
        try
        {
            await Write("cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException) when (!ServerProcesses.IsAlive(pid))
        {
            // it ended meanwhile
        }
    }

    private Task Write(string file, string what) => File.WriteAllTextAsync(Path.Combine(Group, file), what, TestContext.Current.CancellationToken);
}
