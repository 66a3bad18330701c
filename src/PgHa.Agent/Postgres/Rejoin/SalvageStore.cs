using System.Globalization;
using System.Text;
using System.Text.Json;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>
/// What was salvaged on this node: one folder each under <c>state_dir/salvage</c>, with the WAL, the control file, the slots' state files
/// and the report. A folder appears under its name when everything in it is durable, and is never changed or removed by the agent.
/// </summary>
internal sealed class SalvageStore(AgentOptions options, LostRowsScript lostRows)
{
    private const string Report = "report.json";
    private readonly string _folder = options.State.Salvage;

    /// <summary>All reports, newest first.</summary>
    internal IEnumerable<SalvageReport> All => Directory.Exists(_folder)
        ? Directory.EnumerateDirectories(_folder).Select(Read).OfType<SalvageReport>().OrderByDescending(r => r.Id, StringComparer.Ordinal)
        : [];

    /// <summary>One report, or null.</summary>
    internal SalvageReport? Find(string id) => All.FirstOrDefault(r => r.Id == id);

    /// <summary>The salvage that holds all that a node has past a fork, if it was taken already.</summary>
    internal SalvageReport? Covering(WalPosition own, Formats.Lsn fork) => All.FirstOrDefault(r =>
        r.Node == own.Node && r.SystemIdentifier == own.SystemIdentifier && r.Timeline == own.Timeline && r.End == own.End && r.Fork <= fork);

    /// <summary>Where a salvage lies.</summary>
    internal string FolderOf(string id) => Path.Combine(_folder, id);

    /// <summary>A new empty folder to gather files in; what an earlier attempt left is removed.</summary>
    internal string Gather(string id)
    {
        var aside = Path.Combine(_folder, "." + id);
        if (Directory.Exists(aside))
            Directory.Delete(aside, recursive: true);
        Directory.CreateDirectory(aside);
        return aside;
    }

    /// <summary>Makes a gathered salvage durable under its name.</summary>
    internal void Keep(SalvageReport report)
    {
        var aside = Path.Combine(_folder, "." + report.Id);
        DurableFile.Replace(Path.Combine(aside, Report), JsonSerializer.SerializeToUtf8Bytes(report, WireJson.Default.SalvageReport));
        DurableFile.Replace(Path.Combine(aside, "report.txt"), Encoding.UTF8.GetBytes(Text(report, FolderOf(report.Id))));
        DurableFile.Replace(Path.Combine(aside, LostRowsScript.File), Encoding.UTF8.GetBytes(lostRows.For(report, FolderOf(report.Id))));
        foreach (var folder in Directory.EnumerateDirectories(aside, "*", SearchOption.AllDirectories))
            Linux.SyncDirectory(folder);
        Linux.SyncDirectory(aside);
        Linux.Rename(aside, FolderOf(report.Id));
        Linux.SyncDirectory(_folder);
        Linux.SyncDirectory(options.StateDir);
    }

    /// <summary>One that is not understood is passed over: what it holds is salvaged once more where it matters, and its folder stays for people.</summary>
    private static SalvageReport? Read(string folder)
    {
        var file = Path.Combine(folder, Report);
        try
        {
            return Path.GetFileName(folder).StartsWith('.') || !File.Exists(file) ? null
                : JsonSerializer.Deserialize(SmallFile.Bytes(file, SmallFile.Large), WireJson.Default.SalvageReport);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Text(SalvageReport report, string folder)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"""
            Salvage {report.Id}, taken {report.Taken:yyyy-MM-dd HH:mm:ss} UTC

            {report.Node} and {report.Source} part at {report.Fork} (cluster {report.SystemIdentifier}).
            {report.Node} went on to {report.End} on timeline {report.Timeline}: {report.Bytes} bytes of WAL with {report.CommitCount} commits that {report.Source} does not have.
            {report.Evidence}

            The commits that are lost:

            """);
        foreach (var commit in report.Commits)
            text.Append(CultureInfo.InvariantCulture,
                $"  {commit.Lsn}  xid {commit.Xid}  {commit.Time:yyyy-MM-dd HH:mm:ss.ffffff}{(commit.Gid is { } gid ? $"  prepared '{gid}'" : "")}  {Relations(commit)}\n");
        if (report.CommitCount > report.Commits.Count)
            text.Append(CultureInfo.InvariantCulture, $"  … and {report.CommitCount - report.Commits.Count} more\n");
        return text.Append('\n').Append(LostRowsScript.Words(report, folder)).Append("\nSaved beside this file: ").AppendJoin(", ", report.Files).Append('\n').ToString();
    }

    private static string Relations(LostCommit commit) => string.Join(", ", commit.Relations.Select(r => r.Name ?? r.File));
}
