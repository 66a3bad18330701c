using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>Three machines in automatic mode, in a network of their own that can be cut. One fault after the other is played on them.</summary>
public abstract class Machines(string sync) : IAsyncLifetime
{
    /// <summary>How long a server may give no sign of life.</summary>
    internal static readonly TimeSpan HangAfter = TimeSpan.FromSeconds(5);

    private Network network = null!;

    internal TestCluster Cluster { get; private set; } = null!;

    internal Network Network => network;

    internal IReadOnlyList<Machine> All { get; private set; } = [];

    internal string Sync => sync;

    public async ValueTask InitializeAsync()
    {
        Machine.RemoveGroupsOfTheDead();
        network = await Network.Make(3);
        try
        {
            Cluster = await TestCluster.AllRunning(3, Prepare, network.PlaceOf);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (network is null) return; // skipped
        foreach (var machine in All) await machine.DisposeAsync();
        if (Cluster is { } cluster) await cluster.DisposeAsync();
        await network.DisposeAsync();
    }

    /// <summary>The machine of a node.</summary>
    internal Machine Of(TestNode node) => All[node.Number - 1];

    /// <summary>All others.</summary>
    internal IReadOnlyList<Machine> Except(Machine machine) => [.. All.Where(m => m != machine)];

    /// <summary>Nothing is cut or suspended any more, and everything runs. Waits until one serves and the others follow it, with nobody's help.</summary>
    internal async Task<Machine> Whole()
    {
        await network.UnblockAll();
        foreach (var machine in All)
        {
            machine.Resume();
            machine.Postgres.Thaw();
            await machine.Boot();
        }
        Machine? primary = null;
        await Wait.Until("one serves, and the others follow it", async () =>
        {
            var writable = (await Task.WhenAll(All.Select(async m => (Machine: m, Accepts: await Seen.AcceptsWrites(m.Node))))).Where(m => m.Accepts).ToArray();
            if (writable is not [(var one, _)] || !(await Task.WhenAll(Except(one).Select(m => Seen.Follows(m.Node, one.Node)))).All(follows => follows))
                return false;
            primary = one;
            return await AutomaticCluster.Explain(one.Node) is { } said && said.TryGetProperty("may_write_for", out _) && (sync == "off" || said.ToString().Contains("and on 1 of", StringComparison.Ordinal));
        }, 60);
        return primary!;
    }

    private async Task Prepare(TestCluster cluster)
    {
        await OutsideLoopback.Prepare(cluster, network.Addresses);
        All = [.. cluster.Nodes.Select(n => new Machine(n, network, new EtcdMember(n, network.PlaceOf(n.Number).Namespace!, () => string.Join(',', All.Select(m => m.Etcd.Named)))))];
        foreach (var machine in All) machine.Etcd.Start();
        foreach (var machine in All)
        {
            await machine.Node.AddToPostgresConf("wal_log_hints = on\nwal_receiver_timeout = 5s\nwal_sender_timeout = 5s");
            await machine.Node.AddToAgentConfig($$"""
                failover:
                  mode: automatic
                  etcd: [{{string.Join(", ", All.Select(m => $"\"{m.Etcd.Url}\""))}}]
                  etcd_election: 500ms
                  rejoin: rewind
                  sync: {{sync}}
                  d: {{AutomaticCluster.D.TotalSeconds}}s
                  hang_after: {{HangAfter.TotalSeconds}}s
                """);
            await Wait.Until($"the etcd of {machine.Name} works", async () => await machine.Etcd.Leads() is not null, 30);
        }
    }
}

/// <summary>Where a commit waits for one of two standbys: no acknowledged row may ever be missing.</summary>
public sealed class SynchronousMachines() : Machines("quorum");

/// <summary>Where a commit waits for nobody.</summary>
public sealed class AsynchronousMachines() : Machines("off");

/// <summary>Nothing else runs meanwhile: what is a matter of seconds is to be measured. One fault after the other is played on the same machines.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MachinesCollection : ICollectionFixture<SynchronousMachines>
{
    public const string Name = "machines";
}
