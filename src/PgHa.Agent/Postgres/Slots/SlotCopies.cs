using System.Text;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Which of this node's slots are copies that follow another node's, across runs of the agent (<c>state_dir/slot-copies</c>): a copy whose
/// original is dropped goes, too, and nothing else does.
/// </summary>
internal sealed class SlotCopies(AgentOptions options)
{
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
    internal void Clear()
    {
        lock (_gate)
        {
            if (Load().Count == 0)
                return;
            _copies = [];
            Save(_copies);
        }
    }

    private Dictionary<string, SlotCopy> Load() => _copies ??= File.Exists(_file)
        ? File.ReadLines(_file).Select(l => l.Split(' ')).Where(p => p.Length == 3).ToDictionary(p => p[0], p => new SlotCopy(p[1], p[2] == "level"))
        : [];

    private void Save(Dictionary<string, SlotCopy> copies)
    {
        try
        {
            DurableFile.Replace(_file, Encoding.UTF8.GetBytes(string.Concat(copies.OrderBy(c => c.Key).Select(c => $"{c.Key} {c.Value.Source} {(c.Value.Level ? "level" : "made")}\n"))));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Forgotten at worst: then a copy is kept that might have gone, or counts as level later than it could.
        }
    }
}
