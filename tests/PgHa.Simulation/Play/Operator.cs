using PgHa.Agent.Leadership;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Simulation;

/// <summary>
/// After everything was mended: a person who follows the documents and the hints of refusals, without force, until one node is primary and all
/// others follow it.
/// </summary>
internal sealed class Operator(Field field)
{
    private const int Most = 24;
    private readonly List<string> _calls = [];
    private bool _startByHand;

    internal void BringBack()
    {
        var world = field.World;
        while (world.Finding is null && !Whole())
        {
            if (_calls.Count >= Most)
            {
                world.Found($"after {Most} calls the cluster is not whole: {States()}; {string.Join(" | ", _calls.TakeLast(6))}");
                return;
            }
            if (_startByHand)
            {
                StartTheRightOne();
                continue;
            }
            var (called, request) = Next();
            var refusal = Call(called, request);
            _calls.Add($"{request.Words}: {refusal?.ToString() ?? "done"}");
            world.RunUntil(world.Now + TimeSpan.FromSeconds(3).Ticks);
        }
    }

    /// <summary>Of nodes that have forked, and are stopped, a person starts the one whose data is right: that which was not given up by force.</summary>
    private void StartTheRightOne()
    {
        _startByHand = false;
        var holder = (field.Etcd?.Records.Read() as RecordAnswer.Stands)?.Record.Node; // where the agents decide no other may be started by hand
        var right = field.Machines.FirstOrDefault(m => m.Name == holder && m is { Server.Runs: false, Disk.Data: not null }) ?? field.Machines.FirstOrDefault(m => !field.Ledger.IsAnswered(m.Name) && m is { Server.Runs: false, Disk.Data.Control.OfPrimary: true })
            ?? field.Machines.FirstOrDefault(m => m is { Server.Runs: false, Disk.Data: not null }) ?? field.Machines[0];
        _calls.Add($"{right.Name} is started as primary by hand");
        right.Disk.Data!.Signal = false;
        right.Server.Start();
        field.World.RunUntil(field.World.Now + TimeSpan.FromSeconds(3).Ticks);
    }

    private bool Whole() => IsWhole(_ => false);

    /// <summary>One accepts writes, and all others but some follow it.</summary>
    internal bool IsWhole(Func<SimMachine, bool> except) => field.Machines.Count(m => m.Server.Accepts) == 1 && field.Machines.Single(m => m.Server.Accepts) is var primary
        && field.Machines.All(m => m == primary || except(m) || (m.Server is { Streaming: true, Phase: ServerPhase.Up } s && s.StreamsFrom == primary.Name && s.Timeline == primary.Server.Timeline));

    private string States() => string.Join(", ", field.Machines.Select(m => $"{m.Name} {See(m).State.Words()}{(See(m).StandbySignal ? " (standby.signal)" : "")}"));

    private static NodeObservation See(SimMachine machine) => machine.Agent!.Node.Observe();

    /// <summary>The call that the documents name for what is seen; where it was refused, the one that the hint names.</summary>
    private (string Called, ChangeRequest Request) Next()
    {
        var writable = field.Machines.Where(m => See(m).Writable).Select(m => m.Name).ToArray();
        // Whoever gave force knows which of two was given up.
        if (writable.Length > 1)
            return writable.FirstOrDefault(field.Ledger.IsAnswered) is var second && second is null ? (writable[0], new StopNode(writable[1])) : (second, new StopNode(second));
        var primary = writable.FirstOrDefault();
        if (_hint is { } hint)
        {
            _hint = null;
            return hint;
        }
        if (primary is null)
            return Primary();
        var lost = field.Machines.FirstOrDefault(m => m.Name != primary && !(m.Server.Streaming && m.Server.StreamsFrom == primary && m.Server.Timeline == field[primary].Server.Timeline));
        return lost is null ? (primary, new StartAll(primary)) : (lost.Name, new StartStandby(lost.Name, _calls.Count > 6 ? RejoinForm.Reclone : null));
    }

    private (string Called, ChangeRequest Request)? _hint;

    /// <summary>Without a primary: the node that holds the most.</summary>
    private (string Called, ChangeRequest Request) Primary()
    {
        var last = field.Machines.OrderByDescending(m => m.Disk.Data?.Control.OfPrimary == true).ThenBy(m => m.Name).ElementAt(_calls.Count / 2 % field.Machines.Count);
        return See(last).InRecovery ? (last.Name, new Failover(last.Name, FailoverForm.Promote)) : (last.Name, new StartAll(last.Name));
    }

    private Refusal? Call(string called, ChangeRequest request, bool force = false)
    {
        Refusal? refusal = null;
        var ended = false;
        var agent = field[called].Agent!;
        agent.Process.Begin(() => Caller.CallAsync(field, agent, request.Under(new Mandate { Force = force }), why => (refusal, ended) = (why, true)));
        field.World.RunUntil(field.World.Now + TimeSpan.FromMinutes(20).Ticks, () => ended);
        if (field.World.Finding is null && !ended)
            field.World.Found($"a call is not answered in 20 minutes: {request.Words}");
        if (refusal is not null && !force && Answer(called, request, refusal) is var (again, answered))
            return Call(again, answered, force: true);
        if (refusal?.Hint.Contains("take it out of the archive", StringComparison.Ordinal) == true)
            field.Archive!.Clean(Right());
        _startByHand = refusal?.Hint.Contains("make it primary by hand", StringComparison.Ordinal) == true && !field.Machines.Any(m => m.Server.Accepts);
        if (refusal is not null && !_startByHand)
            _hint = Hint(refusal);
        return refusal;
    }

    /// <summary>The line that people want: that of the primary; of no primary, those that were not given up.</summary>
    private IEnumerable<SimMachine> Right() => field.Machines.Where(m => m.Server.Accepts) is var writable && writable.Any(m => !field.Ledger.IsAnswered(m.Name)) ? writable
        : field.Machines.Where(m => m.Disk.Data is not null && !field.Ledger.IsAnswered(m.Name));

    /// <summary>What only a person knows: a disk is new, and empty for ever; what was written beside the right primary is given up.</summary>
    private (string Called, ChangeRequest Request)? Answer(string called, ChangeRequest request, Refusal refusal)
    {
        if (field.Machines.Any(m => m.Disk is { Data: null, Away: false } && refusal.Message.Contains($"the data of {m.Name} cannot be read", StringComparison.Ordinal)))
            return (called, request);
        return field.Names.FirstOrDefault(name => refusal.Hint.Contains($"POST instance/slave?rejoin=reclone&force=true on {name}", StringComparison.Ordinal)) is { } name
            ? (name, new StartStandby(name, RejoinForm.Reclone)) : null;
    }

    /// <summary>The calls that hints name, as people read them.</summary>
    private (string, ChangeRequest)? Hint(Refusal refusal)
    {
        var named =
            from known in Known
            from name in field.Names
            let at = refusal.Hint.IndexOf($"{known.Text} on {name}", StringComparison.Ordinal)
            where at >= 0
            orderby at
            select (name, known.Make(name));
        return named.Select(n => ((string, ChangeRequest)?)n).FirstOrDefault();
    }

    private static readonly (string Text, Func<string, ChangeRequest> Make)[] Known =
    [
        ("DELETE instance/current", name => new StopNode(name)),
        ("POST instance/slave?rejoin=rewind", name => new StartStandby(name, RejoinForm.Rewind)),
        ("POST instance/slave?rejoin=reclone", name => new StartStandby(name, RejoinForm.Reclone)),
        ("POST instance/slave", name => new StartStandby(name)),
        ("POST instance/master", name => new StartPrimary(name)),
        ("POST instance/all", name => new StartAll(name)),
        ("POST instance/current", name => new StartNode(name)),
        ("POST data/clone", name => new CloneData(name)),
        ("POST instance/failover/promote", name => new Failover(name, FailoverForm.Promote)),
        ("POST instance/switchover/masterSlave", name => new Switchover(name, StopOrder.PrimaryFirst)),
    ];
}
