using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;

namespace PgHa.Simulation;

/// <summary>
/// What must hold where the agents decide: at no moment two servers accept writes, and a row that was acknowledged is where writes go on, unless none of the nodes that hold it
/// could be asked by the one that took the primary's place. Such a row comes back with its machine, or is salvaged there.
/// </summary>
internal sealed class Absences(Field field)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>For so long a node that did not answer may count as gone: a plan looks at it before its target is promoted.</summary>
    private static readonly long Within = TimeSpan.FromSeconds(30).Ticks;
    private readonly Dictionary<(string From, string To), long> _away = [];
    private readonly Dictionary<long, string> _left = [];
    private readonly HashSet<string> _revoked = []; // holders of the record from which it was taken by pledges

    internal void Begin() => field.World.After(Look, null, () =>
    {
        foreach (var from in field.Machines)
            foreach (var to in field.Machines.Where(to => to != from && !CanAsk(from, to)))
                _away[(from.Name, to.Name)] = field.World.Now;
        Begin();
    });

    /// <summary>A server has begun to accept writes.</summary>
    internal void Opened(SimMachine machine)
    {
        LookForTwo(machine);
        if (field.Sync != SyncMode.Off)
        {
            OpenedInSync(machine);
            return;
        }
        var lacking = field.Ledger.Lacking(machine.Server.Rows()).ToArray();
        var could = lacking.Length == 0 ? [] : field.Machines.Where(m => m != machine && !WasAway(machine, m.Name)).ToDictionary(m => m.Name, m => m.Disk.Data!.Rows().ToHashSet());
        foreach (var (row, by) in lacking)
        {
            if (by == machine.Name || could.FirstOrDefault(c => c.Value.Contains(row)).Key is not null)
                field.World.Found($"{machine.Name} accepts writes without row {row} that {by} acknowledged, and {could.FirstOrDefault(c => c.Value.Contains(row)).Key ?? by} could have been asked for it");
            _left[row] = by;
            field.Ledger.GiveUp([row]);
        }
    }

    /// <summary>Where commits wait for standbys none of them is missing, whoever can be asked. A primary whose quorum was revoked while it hung goes on, and acknowledges nothing.</summary>
    private void OpenedInSync(SimMachine machine)
    {
        if (_revoked.Contains(machine.Name))
            return;
        if (field.Ledger.Lacking(machine.Server.Rows()).ToArray() is { Length: > 0 } lacking)
            field.World.Found($"{machine.Name} accepts writes without {lacking.Length} rows that were acknowledged (first {lacking[0].Row} by {lacking[0].By})");
    }

    /// <summary>A row is acknowledged. A primary whose quorum was revoked may do that once more, where its successor has the row.</summary>
    internal void Acknowledged(SimMachine machine, long row)
    {
        LookForTwo(machine);
        if (_revoked.Contains(machine.Name) && field.Machines.FirstOrDefault(m => m != machine && m.Server.Accepts && !m.Server.Rows().Contains(row)) is { } other)
            field.World.Found($"{machine.Name} acknowledges row {row}, and {other.Name}, which has revoked its quorum, accepts writes without it");
    }

    /// <summary>The record is swapped: who takes it may write from now on, and who gives it up may not.</summary>
    internal void Passed(PrimaryRecord? before, PrimaryRecord now, bool revokes)
    {
        _revoked.Remove(now.Node);
        if (revokes)
            _revoked.Add(before!.Node);
        if (now.Released && field[now.Node].Server is { InRecovery: false, Phase: ServerPhase.Up })
            field.World.Found($"{now.Node} gives the record up, and its server runs");
        if (before is not null && before.Epoch >= now.Epoch && !before.IsHeldAs(now))
            field.World.Found($"{now.Node} has the record with epoch {now.Epoch}, which {before.Node} had before");
        if (field[now.Node].Disk.Promise is { } promise && promise.Stands(field[now.Node].Clock))
            return; // won late: it is not used before the promise lapses, and until then the one that it was given to may write
        if (before?.Epoch != now.Epoch && field.Machines.FirstOrDefault(m => m.Name != now.Node && m.Server.Accepts && !_revoked.Contains(m.Name)) is { } other && before is not null)
            field.World.Found($"{now.Node} takes the record while {other.Name} accepts writes");
    }

    /// <summary>Beside one whose quorum was revoked another may accept writes.</summary>
    private void LookForTwo(SimMachine machine)
    {
        if (field.Machines.FirstOrDefault(m => m != machine && m.Server.Accepts && !_revoked.Contains(m.Name)) is { } other && !_revoked.Contains(machine.Name))
            field.World.Found($"{machine.Name} and {other.Name} accept writes at the same time");
    }

    /// <summary>At the end, with all nodes back: each row that was left with its machine is in the tables, or in a salvage.</summary>
    internal void Prove(SimMachine primary)
    {
        var rows = primary.Server.Rows();
        var lost = _left.Where(l => !rows.Contains(l.Key) && field.Machines.All(m => !m.Disk.SalvagedRows.Contains(l.Key))).ToArray();
        if (lost.Length > 0)
            field.World.Found($"{lost.Length} rows that {lost[0].Value} acknowledged are neither served nor salvaged (first {lost[0].Key})");
    }

    private bool WasAway(SimMachine machine, string by) => _away.TryGetValue((machine.Name, by), out var last) && field.World.Now - last < Within;

    private bool CanAsk(SimMachine from, SimMachine to) => field.Network.Linked(from, to) && field.Network.Linked(to, from) && to.Agent is { Process.Works: true } && to.Disk.Mounted is not null
        && to.Server is { Hung: false, Deaf: false, Phase: not ServerPhase.Stopping };
}
