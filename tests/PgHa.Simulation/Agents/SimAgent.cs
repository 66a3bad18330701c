using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Steps;
using PgHa.Client.Facts;

namespace PgHa.Simulation;

/// <summary>An agent: the real planner, rules, steps, operations, locks and journal, on simulated hands and a simulated network.</summary>
internal sealed class SimAgent
{
    internal SimAgent(SimMachine machine)
    {
        Machine = machine;
        Process = new(machine.Field.World, machine.Name, () => machine.ClockOffset);
        Options = new()
        {
            Cluster = "sim",
            Node = machine.Name,
            Listen = new($"http://{machine.Name}:8000/"),
            Nodes = [.. machine.Field.Names.Select(name => new NodeOptions(name, new($"http://{name}:8000/"), name, 5432))],
            Postgres = new() { DataDir = "/data" },
            StateDir = "/state",
            Security = new(),
            Failover = machine.Field.Etcd is null ? new() : new()
            {
                Mode = FailoverMode.Automatic,
                D = machine.Field.D,
                Priority = machine.Field.Priority(machine.Name),
                LagLimit = ulong.MaxValue,
                StayWithoutEtcd = machine.Field.Stays,
                Sync = machine.Field.Sync,
            },
        };
        Identity = Options.Identity;
        Boot = new(Name);
        Hands = new(this);
        Node = new(this);
        Process.Run(Wire);
    }

    internal SimMachine Machine { get; }

    internal SimProcess Process { get; }

    internal AgentOptions Options { get; }

    internal ClusterIdentity Identity { get; }

    internal AgentBoot Boot { get; }

    internal NodeLock Lock { get; } = new();

    internal LiveOperations Live { get; } = new();

    internal SimHands Hands { get; }

    internal SimNode Node { get; }

    internal StepDesk Desk { get; private set; } = null!;

    internal ActingNodes Acting { get; private set; } = null!;

    internal OperationRunner Runner { get; private set; } = null!;

    internal OperationStore Store { get; private set; } = null!;

    internal IHostApplicationLifetime Lifetime { get; } = new NeverStops();

    internal ClusterObserver Cluster { get; private set; } = null!;

    /// <summary>Null: people decide.</summary>
    internal SimFailover? Failover { get; private set; }

    private string Name() => Machine.Field.NextId().ToString("x6", System.Globalization.CultureInfo.InvariantCulture) + "0000";

    private void Wire()
    {
        var time = Process.Time;
        var peers = Machine.Field.Machines.Where(m => m != Machine).ToDictionary(m => m.Name, m => new SimPeer(this, m));
        Cluster = new([.. Options.Nodes.Select(n => peers.TryGetValue(n.Name, out var peer) ? (INode)peer : Node)], time);
        Failover = Machine.Field.Etcd is { } etcd ? new(this, etcd, Name) : null;
        Desk = StepDesks.Make(Machine.Name, Identity, Cluster, Lock, Hands, Failover?.Right ?? new UnkeptRight(), new StepProgress(), time, NullLogger<StepDesk>.Instance);
        var acting = Acting = new ActingNodes([.. Options.Nodes.Select(n => peers.TryGetValue(n.Name, out var peer) ? (IActingNode)peer : Desk)]);
        var clock = new MachineClock($"{Machine.Name}-{Machine.Boot}", () => TimeSpan.FromTicks(Machine.Field.World.Now));
        Store = new(Machine.Disk.Journal);
        var locks = new ClusterLock(Cluster, acting);
        var fresh = new FreshDecision(Cluster, time);
        Runner = new(Options, Boot, Live, Cluster, acting, locks, fresh, new StageRunner(acting, Store, time, NullLogger<StageRunner>.Instance), new OutcomeWatch(Cluster, time), Store, new PlanReport(Options),
            new Resumption(Cluster, Store, clock, time, NullLogger<Resumption>.Instance), Lifetime, Name, clock, time, NullLogger<OperationRunner>.Instance);
        Runner.TakeUpInterrupted();
        Failover?.Begin(locks, Runner);
    }

    /// <summary>An agent here is only ever killed.</summary>
    private sealed class NeverStops : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication()
        {
        }
    }
}
