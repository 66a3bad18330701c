using System.Globalization;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Saves, before anything is given up, what exists only on this stopped node: its WAL past the fork, the histories, the control file and
/// the slots' state files, with an account of the commits in it (fact 23).
/// </summary>
internal sealed class Salvage(AgentOptions options, DataDirectory data, WalReading reading, SalvageStore store, RelationNames names, StepProgress progress, TimeProvider time)
{
    internal async Task<Answer<SalvageReport>> RunAsync(WalAncestry kin, WalPosition own, CancellationToken cancel)
    {
        var fork = kin.OnlyHereFrom(own);
        if (store.Covering(own, fork) is { } already)
            return already;
        var files = Files(own, fork == own.Oldest && own.Older is [.., var oldest] ? oldest.From : fork).ToArray();
        if (PlaceRules.RefuseRoom(options.Node, new DriveInfo(options.StateDir).AvailableFreeSpace, files.Sum(f => f.Length) + (16L << 20)) is { } full)
            return full with { Message = $"{full.Message} to salvage to {options.StateDir}" };
        var id = time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture) + "-" + options.Node;
        var aside = store.Gather(id);
        foreach (var file in files)
            await CopyAsync(file, aside, cancel);
        var report = await AccountAsync(id, kin, own, fork, cancel) with { Files = [.. files.Select(Relative)] };
        store.Keep(report);
        return report;
    }

    private IEnumerable<FileInfo> Files(WalPosition own, Lsn fork)
    {
        using var folder = reading.Open(own);
        foreach (var file in folder.Files(fork, own.End).Concat(Directory.EnumerateFiles(data.WalFolder, "*.history")))
            yield return new(file);
        yield return new(Path.Combine(data.Root, "global", "pg_control"));
        var slots = Path.Combine(data.Root, "pg_replslot");
        foreach (var state in Directory.Exists(slots) ? Directory.EnumerateFiles(slots, "state", SearchOption.AllDirectories) : [])
            yield return new(state);
    }

    private string Relative(FileInfo file) => Path.GetRelativePath(data.Root, file.FullName) is var path && path.StartsWith("..", StringComparison.Ordinal)
        ? Path.Combine("pg_wal", file.Name) // pg_wal is a link to somewhere else
        : path;

    private async Task CopyAsync(FileInfo file, string aside, CancellationToken cancel)
    {
        progress.Text = $"salvages {file.Name}";
        var target = Path.Combine(aside, Relative(file));
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await using var from = file.Open(FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        await using var to = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        await from.CopyToAsync(to, cancel);
        to.Flush(flushToDisk: true);
    }

    private async Task<SalvageReport> AccountAsync(string id, WalAncestry kin, WalPosition own, Lsn fork, CancellationToken cancel)
    {
        progress.Text = "accounts for what is lost";
        using var folder = reading.Open(own);
        var work = WalTailReading.Upto(folder, own.End, fork) is { } reader ? await Task.Run(() => LostWork.Read(reader, cancel), cancel) : null;
        var commits = work?.Commits ?? [];
        RelationId[] known = [.. commits.SelectMany(c => c.Relations).Distinct().Where(r => !work!.Created.Contains(r)).Take(1000)];
        var named = await names.OfAsync(options.Nodes.First(n => n.Name == kin.Other), known, cancel);
        return new()
        {
            Id = id,
            Node = options.Node,
            Source = kin.Other,
            Taken = time.GetUtcNow(),
            SystemIdentifier = own.SystemIdentifier,
            Timeline = own.Timeline,
            Fork = fork,
            End = own.End,
            Evidence = kin.Evidence.Words,
            Recipe = LostRowsScript.Call(store.FolderOf(id)),
            CommitCount = work?.Count ?? 0,
            Commits = [.. commits.Select(c => new LostCommit(c.End.Xid, c.End.Time, c.Lsn,
                [.. c.Relations.Select(r => new TouchedRelation(r.ToString(), named.GetValueOrDefault(r)))], c.End.Gid))],
        };
    }
}
