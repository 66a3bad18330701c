using System.Text;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Which of this node's slots are copies that follow another node's, across runs of the agent (<c>state_dir/slot-copies</c>): only these are
/// advanced, replaced or dropped; a slot that a standby's own consumer made is nobody's copy.
/// </summary>
internal sealed class SlotCopies(AgentOptions options)
{
    private const string Made = "made", Kept = "kept";

    private readonly string _file = Path.Combine(options.StateDir, "slot-copies");
    private readonly Lock _gate = new();
    private Dictionary<string, SlotCopy>? _copies;

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
    internal void Clear() => Only([]);

    /// <summary>The node was primary: all these follow another node's from now on.</summary>
    internal void Originals(IEnumerable<string> slots)
    {
        lock (_gate)
            Save(_copies = slots.ToDictionary(s => s, _ => new SlotCopy(options.Node, Level: true)));
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

    private Dictionary<string, SlotCopy> Load() => _copies ??= File.Exists(_file)
        ? File.ReadLines(_file).Select(l => l.Split(' ')).Where(p => p.Length == 3).ToDictionary(p => p[0], p => new SlotCopy(p[1], p[2] != Made, p[2] == Kept))
        : [];

    private void Save(Dictionary<string, SlotCopy> copies)
    {
        try
        {
            DurableFile.Replace(_file, Encoding.UTF8.GetBytes(string.Concat(copies.OrderBy(c => c.Key).Select(c => $"{c.Key} {c.Value.Source} {(c.Value.Kept ? Kept : c.Value.Level ? "level" : Made)}\n"))));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Forgotten at worst, by the next agent: then a slot counts as nobody's copy, and is named as such.
        }
    }
}
