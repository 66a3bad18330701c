using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Formats;
using PgHa.Formats.Control;

namespace PgHa.Agent.Postgres;

/// <summary>The data directory's own files. Nothing is written into a directory that <see cref="Problem"/> objects to.</summary>
internal sealed class DataDirectory
{
    /// <summary>Catalogue versions of the majors we know (<c>catversion.h</c>), to tell a control file that does not fit its PG_VERSION.</summary>
    private static readonly Dictionary<uint, int> MajorOfCatalog = new()
    {
        [202007201] = 13,
        [202107181] = 14,
        [202209061] = 15,
        [202307071] = 16,
        [202406281] = 17,
        [202506291] = 18,
    };

    public DataDirectory(AgentOptions options)
    {
        Configured = options.Postgres.DataDir;
        var target = Directory.Exists(Configured) ? Directory.ResolveLinkTarget(Configured, returnFinalTarget: true) : null;
        Root = (target?.FullName ?? Configured).TrimEnd('/');
    }

    /// <summary>The path the operator wrote.</summary>
    internal string Configured { get; }

    /// <summary>The real path, as the server's processes have it for working directory.</summary>
    internal string Root { get; }

    /// <summary>Where a database's files are: in the data directory and in tablespaces.</summary>
    internal IEnumerable<string> FoldersOf(string database)
    {
        var spaces = Path.Combine(Root, "pg_tblspc");
        return new[] { Path.Combine(Root, "base") }
            .Concat(Directory.Exists(spaces) ? Directory.EnumerateDirectories(spaces).SelectMany(Directory.EnumerateDirectories) : [])
            .Select(folder => Path.Combine(folder, database)).Where(Directory.Exists);
    }

    internal string StandbySignal => Path.Combine(Root, "standby.signal");

    internal string RecoverySignal => Path.Combine(Root, "recovery.signal");

    internal string AutoConf => Path.Combine(Root, "postgresql.auto.conf");

    internal string WalFolder => Path.Combine(Root, "pg_wal");

    /// <summary>
    /// Names the last start of a server here: each one writes postmaster.opts anew. Null if there was none. Whoever changes WAL while
    /// the server is down forgets it (<see cref="ForgetLastStart"/>).
    /// </summary>
    internal string? LastStart => new FileInfo(PostmasterOptions) is { Exists: true } file && Linux.Identity(Root) is { } place
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{place.Inode}-{file.LastWriteTimeUtc.Ticks}")
        : null;

    internal string PostmasterOptions => Path.Combine(Root, "postmaster.opts");

    /// <summary>What was known of the WAL up to now no longer holds.</summary>
    internal void ForgetLastStart()
    {
        if (File.Exists(PostmasterOptions))
            File.SetLastWriteTimeUtc(PostmasterOptions, DateTime.UnixEpoch + TimeSpan.FromTicks(Random.Shared.NextInt64(TimeSpan.TicksPerDay)));
    }

    internal bool HasStandbySignal => File.Exists(StandbySignal);

    /// <summary>The major version in PG_VERSION; null if there is none.</summary>
    internal int? Major
    {
        get
        {
            try
            {
                return int.TryParse(SmallFile.Text(Path.Combine(Root, "PG_VERSION")).Trim(), out var major) ? major : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    /// <summary>Why the directory cannot be used, or null.</summary>
    internal string? Problem(Parsed<ControlFile> control)
    {
        if (!Directory.Exists(Root))
            return Linux.Look(Root) is { Error: not 0, Missing: false } look ? $"{Configured} cannot be looked at: {look.Why}" : $"{Configured} does not exist";
        if (DataOwner.Problem(Root) is { } owner)
            return owner;
        if (Major is not { } major)
            return Emptiness();
        if (major is < 13 or > 18)
            return $"{Configured} is of PostgreSQL {major}; 13 to 18 are supported";
        if (!control.IsOk)
            return $"pg_control cannot be read: {control.Error}";
        return MajorOfCatalog.TryGetValue(control.Value.CatalogVersion, out var real) && real != major
            ? $"PG_VERSION says {major}, pg_control is of PostgreSQL {real}"
            : null;
    }

    private string Emptiness()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Root).Any()
                ? $"{Configured} has no readable PG_VERSION: it is not a PostgreSQL data directory"
                : $"{Configured} is empty";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e is IOException ? $"{Configured} cannot be read: {e.Message}" : $"{Configured} cannot be read by the agent's user";
        }
    }

    /// <summary>The control file. A bad CRC may be a torn read of a running server (fact 28): read again.</summary>
    internal Parsed<ControlFile> ReadControl()
    {
        const int attempts = 5;
        var path = Path.Combine(Root, "global", "pg_control");
        for (var attempt = 1; ; attempt++)
        {
            byte[] bytes;
            try
            {
                bytes = SmallFile.Bytes(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new FormatError(path, 0, "a readable file", e.Message);
            }
            var control = ControlFile.Read(bytes, path);
            if (control.IsOk || attempt == attempts)
                return control;
            Thread.Yield();
        }
    }
}
