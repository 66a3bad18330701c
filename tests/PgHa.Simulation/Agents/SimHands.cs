using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Agent.Steps;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Simulation;

/// <summary>The hands on a simulated instance. Like the real ones they decide nothing about roles.</summary>
internal sealed partial class SimHands(SimAgent agent) : IHands, IServerHands, IWalHands, ISlotHands, IRejoinHands, IDataHands
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);
    private NodeStep? _last;

    private SimMachine Machine => agent.Machine;

    private SimDisk Disk => agent.Machine.Disk;

    private SimServer Instance => agent.Machine.Server;

    private TimeProvider Time => agent.Process.Time;

    private World World => agent.Machine.Field.World;

    public IServerHands Server => this;

    public IWalHands Wal => this;

    public ISlotHands Slots => this;

    public IRejoinHands Rejoin => this;

    public IDataHands Data => this;

    internal NodeStep? LastStep => _last ??= Disk.LastOperation is { } operation ? new(operation, Running: false) : null;

    public OwnSight Look() => new()
    {
        Control = Disk.Mounted?.Control,
        StandbySignal = Disk.Mounted?.Signal == true,
        Runs = Instance.Runs,
        Ready = Instance.Phase == ServerPhase.Up,
        Told = Instance.Told,
    };

    public Task<IReadOnlyList<string>> GhostsAsync(CancellationToken cancel) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task<Cleared> ClearWayAsync(Step step, CancellationToken cancel) => Task.FromResult(Cleared.Nothing);

    public async Task<StepResult> CheckAsync(CheckStep step, CancellationToken cancel)
    {
        await Take(1, 30, cancel);
        return step is CheckUpstream { Upstream: var upstream } && (!Machine.Field.Network.Linked(Machine, Machine.Field[upstream]) || Machine.Field[upstream].Server is not { Phase: ServerPhase.Up, Deaf: false })
            ? StepResult.Failed(Code.StepFailed, $"{upstream} does not let {Machine.Name} log in", "look at its server")
            : StepResult.Done("checked");
    }

    public async Task<StepResult> SetSyncAsync(SetSync step, CancellationToken cancel)
    {
        await Take(1, 10, cancel);
        return StepResult.Done("set");
    }

    public Refusal? Explain(Exception thrown) => thrown is IOException or TimeoutException ? new(Code.StepFailed, $"{Machine.Name}: {thrown.Message}", "look at its logs") : null;

    public void Begin(Step step, string operation)
    {
        World.Trace.Add(World, Machine.Name, $"begins: {step.Words} ({operation})");
        if (!step.Changes)
            return;
        _last = new(operation, Running: true, step.Words);
        if (!Disk.Full)
            Disk.LastOperation = operation;
    }

    public void End(Step step)
    {
        World.Trace.Add(World, Machine.Name, $"ended: {step.Words}");
        _last = _last is { Running: true } last ? last with { Running = false } : _last;
    }

    private void Write(Action<SimData> change)
    {
        Disk.Write();
        change(Mounted);
    }

    private SimData Mounted => Disk.Mounted ?? throw new IOException("the data directory is not there");

    private Task Take(int least, int most, CancellationToken cancel) => Task.Delay(World.Between(least, most), Time, cancel);
}
