using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>Finds histories that no node's WAL confirms: refuses them as uploads, and takes them out of pg_wal before a server starts with them.</summary>
internal sealed class GhostHistories(AgentOptions options, DataDirectory data, ClusterObserver cluster)
{
    /// <summary>No name of a slot: those lie beside it.</summary>
    private string Aside => Path.Combine(options.State.Quarantine, "WAL-histories");

    /// <summary>Why an uploaded history is not believed, or null.</summary>
    internal async Task<Refusal?> RefuseAsync(TimelineHistory history, CancellationToken cancel)
    {
        var (held, unasked) = await PositionsAsync(cancel);
        if (GhostRules.Contradicts(history, held) is { } other)
            return new(Code.BadUpload, $"{WalFileName.HistoryOf(history.Timeline)} tells another origin of a timeline than the WAL of {other}", "send the history file of the primary's pg_wal or of the archive");
        if (held.Any(p => GhostRules.InLineage(history, p)))
            return null;
        foreach (var node in held.Where(p => GhostRules.Reaches(history, p)))
            if (await cluster[node.Node].Wal.TailAsync(history.Entries[^2].End!.Value, cancel) is { IsOk: true, Value: { } tail } && tail.From == history.Entries[^2].End)
                return null;
        return GhostRules.Unconfirmed(history, unasked);
    }

    /// <summary>The names of those in pg_wal now.</summary>
    /// <param name="starts">Asked before a start: a server that runs passes a reserved number over, and one that starts does so only where a later timeline is there (fact 55).</param>
    /// <param name="cancel">Ends it.</param>
    internal async Task<IReadOnlyList<string>> FindAsync(bool starts, CancellationToken cancel)
    {
        var control = data.ReadControl();
        if (!control.IsOk || Newer(ControlFacts.From(control.Value).Timeline) is not { Length: > 0 } newer)
            return [];
        var (held, _) = await PositionsAsync(cancel);
        var own = held.FirstOrDefault(p => p.Node == options.Node);
        var reserved = newer.Where(h => h.History is null && ReservedTimelines.IsReserved(data.WalFolder, h.Timeline)).ToArray();
        var ghosts = newer.Except(reserved)
            .Where(h => h.History is not { } history ? !HasSegments(h.Timeline) : own is not null && GhostRules.IsGhost(history, own, held, HasSegments(h.Timeline))).ToArray();
        var last = newer.Except(reserved).Except(ghosts).Select(h => h.Timeline).DefaultIfEmpty().Max();
        return [.. ghosts.Concat(reserved.Where(h => starts && h.Timeline > last)).Select(h => WalFileName.HistoryOf(h.Timeline).ToString())];
    }

    /// <summary>Moves them out of the way of a server that is about to start, and says so. They are kept, aside.</summary>
    internal async Task<IReadOnlyList<string>> QuarantineAsync(CancellationToken cancel)
    {
        if (data.Problem(data.ReadControl()) is not null || ServerProcess.In(data.Root).Any())
            return [];
        var moved = new List<string>();
        foreach (var name in await FindAsync(starts: true, cancel))
        {
            var target = Path.Combine(Aside, name);
            for (var i = 2; File.Exists(target); i++)
                target = Path.Combine(Aside, $"{name}.{i}");
            Directory.CreateDirectory(Aside);
            DurableFile.Replace(target, SmallFile.Bytes(Path.Combine(data.WalFolder, name), SmallFile.Large)); // state_dir may be on another file system
            DurableFile.Remove(Path.Combine(data.WalFolder, name));
            moved.Add($"{name} tells of a timeline that no node ever wrote, or nothing that can be read: it was moved to {target}");
        }
        return moved;
    }

    /// <summary>Of the nodes that answer; the others by name.</summary>
    private async Task<(IReadOnlyList<WalPosition> Held, IReadOnlyList<string> Unasked)> PositionsAsync(CancellationToken cancel)
    {
        var view = await cluster.ObserveAsync(fresh: true, cancel);
        var nodes = cluster.Nodes.Where(n => view[n.Name].Reachable).ToArray();
        var answers = await Task.WhenAll(nodes.Select(n => n.Wal.PositionAsync(cancel)));
        WalPosition[] held = [.. answers.Where(a => a.IsOk).Select(a => a.Value!)];
        return (held, [.. cluster.Nodes.Select(n => n.Name).Except(held.Select(p => p.Node))]);
    }

    /// <summary>Histories of later timelines. One that says nothing readable would end the server (access/timeline.c).</summary>
    private (TimelineId Timeline, TimelineHistory? History)[] Newer(TimelineId own) => [.. Directory.EnumerateFiles(data.WalFolder, "*.history")
        .Select(f => WalFileName.TryParse(Path.GetFileName(f), out var name) ? name.Timeline : default)
        .Where(t => t > own)
        .Select(t => (t, WalFolder.History(data.WalFolder, t) is { IsOk: true, Value: var history } ? history : null))];

    private bool HasSegments(TimelineId timeline) => Directory.EnumerateFiles(data.WalFolder, $"{timeline.Value:X8}*")
        .Any(f => WalFileName.TryParse(Path.GetFileName(f), out var name) && name.Kind is WalFileKind.Segment or WalFileKind.Partial);
}
