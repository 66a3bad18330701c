using PgHa.Agent.Cluster;
using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Agent.Operations;
using PgHa.Agent.Steps;
using PgHa.Agent.Succession;

namespace PgHa.Simulation;

/// <summary>Automatic failover of one agent: the real hold on the record, the real sights and rules, on a simulated etcd, guard and server.</summary>
internal sealed class SimFailover
{
    private readonly SimAgent _agent;
    private readonly Action<ClusterLock, OperationRunner> _begin;

    internal SimFailover(SimAgent agent, SimEtcd etcd, UniqueName name)
    {
        var (machine, options, time) = (agent.Machine, agent.Options, agent.Process.Time);
        TimeSpan Clock() => machine.Clock;
        _agent = agent;
        var pulse = new ServerPulse(options.Failover, _ => Task.FromResult(machine.Server.Answers), () => agent.Hands.LastStep is { Running: true }, time);
        var (past, keys) = (new SuccessionPast(time), new SimEtcdKeys(agent, etcd));
        Records = new(keys, SimRecords.Cluster, new SimRecordMemory(machine.Disk));
        // A simulated server ends at once: nothing is kept for it, so that a deadline that is a little late shows.
        var terms = new RecordTerms(machine.Name, $"{machine.Name}-{machine.Boot}", options.Failover.D, TimeSpan.Zero, () => machine.Disk.Mounted?.System, Kill, () => machine.Disk.Data is { Signal: true }) { Revocable = options.Failover.Revokes };
        var promise = new OwnPromise(new SimPromiseDisk(machine.Disk), terms.Boot, Clock);
        Tenure = new(terms, Records, new SimGuardLink(agent), pulse, agent.Cluster, promise,
            options.Failover.StayWithoutEtcd ? new Members(options, new(() => agent.Acting), time) : null, Clock, time, name, new SimLog<Tenure>(agent));
        var sync = options.Failover.ManagesSync ? new SimSync(agent, keys, Tenure) : null;
        Right = sync?.Right ?? (IWriteRight)Tenure;
        var surroundings = new SimSurroundings(agent, etcd, Records, sync);
        Promising = new(options, Tenure, surroundings, agent.Cluster, promise, new SimLog<Promising>(agent));
        _begin = (locks, runner) =>
        {
            var stopping = new StopProgram(options, time, new SimLog<StopProgram>(agent));
            var sights = new SuccessionSights(options, Tenure, surroundings, agent.Cluster, locks, agent.Lock, pulse, new OldPrimaryWatch(surroundings, stopping), past, Clock, time);
            var acting = new SuccessionActing(options, Tenure, new Lazy<OperationRunner>(runner), agent.Hands, pulse, past, stopping, surroundings, State, time, new SimLog<SuccessionActing>(agent));
            Loop = new(options, sights, acting, past, Tenure, surroundings, State, time, new SimLog<SuccessionLoop>(agent));
            Handover = new(options, Tenure, past, Loop, agent.Cluster, new Lazy<OperationRunner>(runner), agent.Lock, agent.Lifetime, time, new SimLog<MachineHandover>(agent));
            agent.Process.Begin(() => pulse.WatchAsync(CancellationToken.None));
            agent.Process.Begin(() => new DeadlineWatch(terms, Tenure, Clock, time, new SimLog<DeadlineWatch>(agent)).WatchAsync(CancellationToken.None));
            agent.Process.Begin(() => Loop.GoOnAsync(CancellationToken.None));
            sync?.Begin(Loop, Tenure);
        };
    }

    internal EtcdRecords Records { get; }

    internal Tenure Tenure { get; }

    /// <summary>What steps ask before the node may become writable.</summary>
    internal IWriteRight Right { get; }

    internal Promising Promising { get; }

    internal FailoverState State { get; } = new();

    internal SuccessionLoop Loop { get; private set; } = null!;

    /// <summary>Before its machine goes down.</summary>
    internal MachineHandover Handover { get; private set; } = null!;

    /// <summary>Looks and acts from now on.</summary>
    internal void Begin(ClusterLock locks, OperationRunner runner) => _begin(locks, runner);

    /// <summary>As the guard does at its deadline. A disk that refuses standby.signal is an error of the step that wanted it.</summary>
    private void Kill()
    {
        _agent.Machine.Field.Faults++;
        if (Tenure.IsHeld)
            _agent.Machine.Field.Service!.Killed(_agent.Machine);
        _agent.Machine.Server.Crash(keepsWritten: true);
        _agent.Machine.Disk.Write();
        if (_agent.Machine.Disk.Mounted is { } data)
            data.Signal = true;
    }
}
