using System.Text;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Which of this node's slots are copies that follow another node's, across runs of the agent (a file in <c>state_dir</c>): only these are
/// advanced, replaced or dropped. A slot that a standby's own consumer made is no copy.
/// </summary>
internal class CopyNotes(string node, string path)
{
    private const string Made = "made", Kept = "kept", None = "none";

    private readonly string _file = path;
    private readonly Lock _gate = new();
    private Dictionary<string, SlotCopy>? _copies;
    private IReadOnlyList<string>? _missing;

    /// <summary>Slots of the primary that had no copy here at the last look: an unplanned failover has to name them.</summary>
    internal IReadOnlyList<string> Missing
    {
        get
        {
            lock (_gate)
                return _missing ??= [.. Lines().Where(p => p[2] == None).Select(p => p[0])];
        }

        set
        {
            lock (_gate)
            {
                if (Missing.SequenceEqual(value))
                    return;
                _missing = value;
                Save(Load());
            }
        }
    }

    /// <summary>What is known of a slot as a copy, or null.</summary>
    internal SlotCopy? Of(string slot)
    {
        lock (_gate)
            return Load().GetValueOrDefault(slot);
    }

    /// <summary>A slot is a copy now, or is none any more (null).</summary>
    internal void Note(string slot, SlotCopy? copy)
    {
        lock (_gate)
        {
            var copies = Load();
            if (copies.GetValueOrDefault(slot) == copy)
                return;
            if (copy is null)
                copies.Remove(slot);
            else
                copies[slot] = copy;
            Save(copies);
        }
    }

    /// <summary>The node is primary: its slots are originals.</summary>
    internal void Clear()
    {
        Only([]);
        Missing = [];
    }

    /// <summary>The node was primary: all these follow another node's from now on.</summary>
    internal void Originals(IEnumerable<string> slots)
    {
        lock (_gate)
            Save(_copies = slots.ToDictionary(s => s, _ => new SlotCopy(node, Level: true)));
    }

    /// <summary>There are no other slots than these.</summary>
    internal void Only(IReadOnlyCollection<string> slots)
    {
        lock (_gate)
        {
            var copies = Load();
            if (copies.Keys.All(slots.Contains))
                return;
            Save(_copies = copies.Where(c => slots.Contains(c.Key)).ToDictionary());
        }
    }

    /// <summary>Slots made later than their originals that these have not reached yet.</summary>
    internal IReadOnlyList<string> NotLevel()
    {
        lock (_gate)
            return [.. Load().Where(c => !c.Value.Level).Select(c => c.Key).Order(StringComparer.Ordinal)];
    }

    private Dictionary<string, SlotCopy> Load() => _copies ??= Lines().Where(p => p[2] != None).ToDictionary(p => p[0], p => new SlotCopy(p[1], p[2] != Made, p[2] == Kept));

    private IEnumerable<string[]> Lines() => File.Exists(_file) ? SmallFile.Lines(_file, SmallFile.Large).Select(l => l.Split(' ')).Where(p => p.Length == 3) : [];

    private void Save(Dictionary<string, SlotCopy> copies)
    {
        try
        {
            var lines = copies.Select(c => $"{c.Key} {c.Value.Source} {(c.Value.Kept ? Kept : c.Value.Level ? "level" : Made)}\n").Concat(Missing.Select(m => $"{m} - {None}\n"));
            DurableFile.Replace(_file, Encoding.UTF8.GetBytes(string.Concat(lines.Order(StringComparer.Ordinal))));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // At worst the next run of the agent has forgotten it. The slot then counts as no copy, and is named as such.
        }
    }
}

/// <summary>Which of this node's logical slots are copies of another node's (<c>state_dir/slot-copies</c>).</summary>
internal sealed class LogicalCopyNotes(AgentOptions options) : CopyNotes(options.Node, options.State.LogicalCopies);

/// <summary>Which of this node's physical slots are copies of another node's (<c>state_dir/physical-slot-copies</c>).</summary>
internal sealed class PhysicalCopyNotes(AgentOptions options) : CopyNotes(options.Node, options.State.PhysicalCopies);
