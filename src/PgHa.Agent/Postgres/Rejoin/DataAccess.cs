using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Whether the agent's user can write, replace and remove what lies in the data directory, asked before anything is stopped.</summary>
internal sealed class DataAccess(AgentOptions options, DataDirectory data)
{
    private const int MostNamed = 3;

    /// <summary>The first files and folders that it cannot, each with the command that helps; or null.</summary>
    /// <param name="own">Places of the data directory whose files are put back as they are, so that they must be readable and belong to the agent's user.</param>
    /// <param name="rewrites">Every other file may be written, too; else it is only removed, which its folder decides.</param>
    internal Refusal? Refuse(IReadOnlyCollection<string> own, bool rewrites)
    {
        var found = Unfit(data.Root, own.Select(p => Path.Combine(data.Root, p)).ToHashSet(), rewrites).Take(MostNamed + 1).ToArray();
        if (found.Length == 0)
            return null;
        var named = found.Take(MostNamed).ToArray();
        return new(Code.WrongState,
            $"{Linux.NameOf(Linux.User)}, the agent's user, cannot write all of the data directory of {options.Node}: {string.Join("; ", named.Select(f => f.What))}{(found.Length > MostNamed ? "; and more" : "")}",
            $"on {options.Node}: {string.Join("; ", named.Select(f => f.Command))}; then repeat the call");
    }

    private IEnumerable<(string What, string Command)> Unfit(string folder, HashSet<string> own, bool rewrites)
    {
        if (!Linux.MayRead(folder) || !Linux.MayWrite(folder))
        {
            if (Linux.Look(folder) is { Missing: false } look)
                yield return Words(folder, look.Owner, isFolder: true);
            yield break;
        }
        foreach (var entry in Entries(folder))
        {
            if (entry.LinkTarget is null ? entry is DirectoryInfo : LeadsToData(entry))
                foreach (var unfit in Unfit(entry.FullName, own, rewrites))
                    yield return unfit;
            else if (entry.LinkTarget is null && IsUnfit(entry.FullName, own.Contains(entry.FullName), rewrites) && Linux.Look(entry.FullName) is { Error: 0 } look)
                yield return Words(entry.FullName, look.Owner, isFolder: false);
        }
    }

    /// <summary>None where a running server has removed the folder meanwhile.</summary>
    private static FileSystemInfo[] Entries(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).GetFileSystemInfos();
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private bool LeadsToData(FileSystemInfo link) =>
        Directory.Exists(link.FullName) && (link.FullName == data.WalFolder || Path.GetDirectoryName(link.FullName) == Path.Combine(data.Root, "pg_tblspc"));

    private static bool IsUnfit(string file, bool own, bool rewrites) => Linux.IsProtected(file)
        || (own ? !Linux.MayRead(file) || (Linux.Look(file) is { Error: 0 } look && look.Owner != Linux.User) : rewrites && (!Linux.MayRead(file) || !Linux.MayChange(file)));

    private static (string, string) Words(string path, uint owner, bool isFolder)
    {
        var user = Linux.NameOf(Linux.User);
        var what = $"{path} belongs to {Linux.NameOf(owner)}";
        if (owner != Linux.User)
            return (what, $"chown {(isFolder ? "-R " : "")}{user}: {path}{(isFolder || !ForGroupOnly(path) ? "" : $" && chmod g= {path}")}");
        var (mode, needed) = (File.GetUnixFileMode(path), UnixFileMode.UserRead | UnixFileMode.UserWrite | (isFolder ? UnixFileMode.UserExecute : 0));
        return (mode & needed) != needed
            ? ($"{what} and has mode {Convert.ToString((int)mode, 8)}", $"chmod u+rw{(isFolder ? "x" : "")} {path}")
            : ($"{what} and is protected", $"let {user} write {path} (lsattr, getfacl and mount say what protects it)");
    }

    /// <summary>As a key of root's is that the server reads by its group: the server takes none of its own that its group may read.</summary>
    private static bool ForGroupOnly(string file) => (File.GetUnixFileMode(file) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) == UnixFileMode.GroupRead;
}
