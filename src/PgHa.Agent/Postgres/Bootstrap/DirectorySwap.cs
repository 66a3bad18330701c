using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// A new data directory is made aside, next to the real one on the same file system, and takes its place in one moment when it is
/// complete. Until then the real one stays as it was.
/// </summary>
internal sealed class DirectorySwap(AgentOptions options, DataDirectory data)
{
    private readonly string _parent = Path.GetDirectoryName(data.Root)!;

    /// <summary>Where the new directory is made.</summary>
    internal string Side => data.Root + ".pgha-side";

    /// <summary>Where a directory is kept that was replaced.</summary>
    internal string Kept => data.Root + ".pgha-old";

    /// <summary>What is known of the place where nothing lies yet; null if something does.</summary>
    internal EmptyPlace? EmptyPlace()
    {
        if (!IsEmpty())
            return null;
        var ground = NearestExisting();
        return new(new DriveInfo(ground).AvailableFreeSpace, Objection(ground));
    }

    /// <summary>Why a data directory that holds data cannot be replaced by a swap (fact 24), or null.</summary>
    internal Refusal? RefuseReplacing()
    {
        if (new DirectoryInfo(data.WalFolder).LinkTarget is { } wal)
            return Refuse($"its pg_wal lies elsewhere ({wal})", "move pg_wal back into the data directory while the server is down, or make the copy by hand with pg_basebackup --waldir");
        var tablespaces = Path.Combine(data.Root, "pg_tblspc");
        if (Directory.Exists(tablespaces) && Directory.EnumerateFileSystemEntries(tablespaces).FirstOrDefault(e => new DirectoryInfo(e).LinkTarget is not null) is { } link)
            return Refuse($"it has a tablespace outside ({new DirectoryInfo(link).LinkTarget})", "make the copy by hand with pg_basebackup --tablespace-mapping");
        if (Directory.Exists(Kept))
            return Refuse($"an earlier directory is still kept at {Kept}", "remove it when nothing in it is needed any more");
        return Objection(NearestExisting());
    }

    /// <summary>Makes what leads to the data directory, removes what was left aside, and ends what still writes; null, or why that failed.</summary>
    internal Refusal? Prepare()
    {
        Directory.CreateDirectory(_parent);
        return RemoveSide() ?? LeftoverRewind.End(data.Root);
    }

    /// <summary>
    /// Removes the directory aside; null, or why that failed. It is renamed first: a program that outlived its agent writes by path,
    /// finds nothing there any more, and ends.
    /// </summary>
    internal Refusal? RemoveSide()
    {
        var doomed = Side + "-removed";
        try
        {
            if (Directory.Exists(doomed))
                Directory.Delete(doomed, recursive: true);
            if (!Directory.Exists(Side))
                return null;
            Linux.Rename(Side, doomed);
            Directory.Delete(doomed, recursive: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(Code.StepFailed, $"{Side} of an operation that was broken off cannot be removed: {e.Message}", $"remove {Side} and {doomed} by hand");
        }
    }

    /// <summary>The complete directory aside takes the place of a missing or empty data directory, durably.</summary>
    internal void SwapIn()
    {
        Linux.SyncDirectory(Side);
        Linux.Rename(Side, data.Root);
        Linux.SyncDirectory(_parent);
    }

    /// <summary>
    /// The complete directory aside takes the place of one that holds data, which is kept. Before they change places the new one already
    /// bears the name under which the old one will be kept: at no moment is the old one where leftovers are removed.
    /// </summary>
    internal void SwapInKeeping()
    {
        Linux.SyncDirectory(Side);
        Linux.Rename(Side, Kept);
        Linux.Exchange(Kept, data.Root);
        Linux.SyncDirectory(_parent);
    }

    private bool IsEmpty()
    {
        try
        {
            return Directory.Exists(data.Root) ? !Directory.EnumerateFileSystemEntries(data.Root).Any() : Linux.Look(data.Root) is { Missing: true } or { Error: 0 };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // what cannot be read is not known to be empty
        }
    }

    private string NearestExisting()
    {
        var folder = _parent;
        while (!Directory.Exists(folder))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    private Refusal? Objection(string ground)
    {
        if (!Directory.Exists(data.Root) && new FileInfo(data.Root) is { } other && (other.Exists || other.LinkTarget is not null))
            return Refuse("it is not a directory, or a link that leads nowhere", "correct postgres.data_dir, or make the directory the link leads to");
        if (Linux.IsMountPoint(data.Root))
            return Refuse("it is a mount point, which cannot be swapped", $"set postgres.data_dir to a directory below it, such as {data.Configured.TrimEnd('/')}/data");
        return Linux.MayWrite(ground) ? null : Refuse(
            $"the agent's user {Environment.UserName} may not write to {ground}, where it is made aside before it is swapped in",
            $"let {Environment.UserName} own {_parent}, or set postgres.data_dir one level lower");
    }

    private Refusal Refuse(string why, string hint) =>
        new(Code.WrongState, $"the data directory {data.Configured} of {options.Node} cannot be made or replaced: {why}", hint);
}
