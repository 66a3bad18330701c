using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Which places of the data directory are the node's own: those that its configuration names, and every link, because PostgreSQL makes no links but
/// those of tablespaces and pg_wal. A place that the configuration names and that is empty stays empty: the other node may have a file there.
/// </summary>
internal sealed class OwnPaths(DataDirectory data, PostgresBinaries binaries)
{
    private const int MostLinks = 40; // as the kernel follows

    /// <summary>Settings whose values are files, with the major version that brought them.</summary>
    private static readonly (string Name, int Since)[] FileSettings =
    [
        ("config_file", 0), ("hba_file", 0), ("ident_file", 0), ("ssl_cert_file", 0), ("ssl_key_file", 0), ("ssl_ca_file", 0), ("ssl_crl_file", 0), ("ssl_crl_dir", 14),
        ("ssl_dh_params_file", 0), ("krb_server_keyfile", 0),
    ];

    /// <summary>What the server itself makes in its data directory.</summary>
    internal static readonly HashSet<string> Servers =
    [
        "base", "global", "pg_commit_ts", "pg_dynshmem", "pg_logical", "pg_multixact", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat", "pg_stat_tmp",
        "pg_subtrans", "pg_tblspc", "pg_twophase", "pg_wal", "pg_xact", "PG_VERSION", "postmaster.pid", "standby.signal", "recovery.signal", "backup_label", "backup_label.old",
        "tablespace_map", "tablespace_map.old", "backup_manifest", "current_logfiles",
    ];

    /// <summary>The places, below the data directory, as the next start of the server would read its configuration.</summary>
    internal async Task<Answer<IReadOnlyCollection<string>>> FindAsync(CancellationToken cancel)
    {
        var arguments = binaries.ServerOptions();
        var places = SettingPlaces.Read(binaries.ConfigFile(arguments), data.AutoConf, arguments);
        var answers = await Task.WhenAll(FileSettings.Where(s => data.Major >= s.Since).Select(s => binaries.SettingAsync(s.Name, cancel)));
        if (answers.FirstOrDefault(a => !a.IsOk).Refusal is { } failed)
            return failed;
        var named = answers.Select(a => a.Value!.StartsWith("FILE:", StringComparison.Ordinal) ? a.Value[5..] : a.Value).Where(f => f.Length > 0).ToArray();
        var search = new Search(data.Root);
        foreach (var file in (IEnumerable<string>)[data.AutoConf, data.PostmasterOptions, .. places.Files, .. named, .. answers[1..3].SelectMany(a => AccessFiles.Named(a.Value!))])
            search.Add(Path.GetFullPath(file, data.Root));
        foreach (var word in places.Words.Select(w => Path.GetFullPath(w, data.Root)).Where(File.Exists))
            search.Add(word, Servers);
        search.AddLinks(data.Root);
        return search.Found;
    }

    private sealed class Search(string root)
    {
        private readonly (ulong, ulong)? _root = Linux.Identity(root);

        internal SortedSet<string> Found { get; } = new(StringComparer.Ordinal);

        /// <summary>Adds a place if it lies below the data directory: a link on the way there is the place, and what it leads to another.</summary>
        internal void Add(string path, IReadOnlySet<string>? but = null, int links = 0)
        {
            if (links > MostLinks || Below(path) is not { Length: > 0 } inside || but?.Contains(inside.Split('/')[0]) == true)
                return;
            var place = root;
            var parts = inside.Split('/');
            for (var i = 0; i < parts.Length; i++)
            {
                place = Path.Combine(place, parts[i]);
                if (new FileInfo(place).LinkTarget is not { } target)
                    continue;
                Found.Add(Path.GetRelativePath(root, place));
                Add(Path.GetFullPath(Path.Combine([target, .. parts[(i + 1)..]]), Path.GetDirectoryName(place)!), but, links + 1);
                return;
            }
            if (!Directory.Exists(place))
                Found.Add(inside);
            else if (!Servers.Contains(parts[0]) && Found.Add(inside))
                foreach (var entry in Directory.EnumerateFileSystemEntries(place))
                    Add(entry);
        }

        internal void AddLinks(string folder)
        {
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(e => folder != root || !Servers.Contains(e.Name)))
            {
                if (entry.LinkTarget is not null)
                    Add(entry.FullName);
                else if (entry is DirectoryInfo && Linux.MayWrite(entry.FullName))
                    AddLinks(entry.FullName);
            }
        }

        /// <summary>The path from the data directory on, whatever links and mounts lead there; null if it lies elsewhere.</summary>
        private string? Below(string path)
        {
            for (var (folder, rest) = (Path.GetDirectoryName(path), Path.GetFileName(path)); folder is not null; folder = Path.GetDirectoryName(folder))
            {
                if (Linux.Identity(folder) == _root)
                    return rest;
                rest = Path.Combine(Path.GetFileName(folder), rest);
            }
            return null;
        }
    }
}
