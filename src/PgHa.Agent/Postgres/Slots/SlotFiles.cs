using PgHa.Agent.Files;
using PgHa.Client.Facts;
using PgHa.Formats;
using PgHa.Formats.Slots;

namespace PgHa.Agent.Postgres;

/// <summary>The state files below pg_replslot (fact 27). Written only while the server is down, and as the server itself writes them.</summary>
internal sealed class SlotFiles(DataDirectory data)
{
    private const string State = "state";
    private const int NameOffset = 16;
    private const string Aside = ".tmp"; // the server removes names that end so when it starts

    private string Folder => Path.Combine(data.Root, "pg_replslot");

    /// <summary>What lies there: slots, and folders no server would start with.</summary>
    internal (IReadOnlyList<SlotFacts> Slots, IReadOnlyList<BrokenSlot> Broken) ReadAll(int major)
    {
        var slots = new List<SlotFacts>();
        var broken = new List<BrokenSlot>();
        foreach (var folder in Directory.Exists(Folder) ? Directory.GetDirectories(Folder).Order(StringComparer.Ordinal).ToArray() : [])
        {
            var name = Path.GetFileName(folder);
            if (name.EndsWith(Aside, StringComparison.Ordinal))
                continue;
            var state = Read(name, major);
            if (state.IsOk)
                slots.Add(Facts(state.Value));
            else
                broken.Add(new(name, state.Error!.ToString()));
        }
        return (slots, broken);
    }

    /// <summary>The bytes of a slot's state file; null if there is none. The name must be one a server takes.</summary>
    internal byte[]? Bytes(string name)
    {
        if (!SlotState.IsValidName(name))
            return null;
        try
        {
            return SmallFile.Bytes(Path.Combine(Folder, name, State));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Reads a state file and holds it against its folder's name and the server's major version, as the server does at its start.</summary>
    internal static Parsed<SlotState> Verify(ReadOnlySpan<byte> bytes, string name, int major)
    {
        var state = SlotState.Read(bytes, $"pg_replslot/{name}/{State}");
        if (!state.IsOk)
            return state;
        if (state.Value.Layout != SlotLayout.Of(major))
            return new FormatError($"pg_replslot/{name}/{State}", 8, $"the layout of PostgreSQL {major}", $"{state.Value.Layout.Version} and {state.Value.Layout.Length}");
        return state.Value.Name == name ? state : new FormatError($"pg_replslot/{name}/{State}", NameOffset, $"the name {name}", state.Value.Name);
    }

    /// <summary>Puts a verified state file in place: durable when this returns, and whole or not at all after a crash.</summary>
    internal void Place(string name, ReadOnlySpan<byte> bytes)
    {
        var target = Path.Combine(Folder, name);
        if (Directory.Exists(target))
        {
            Write(Path.Combine(target, State + Aside), bytes);
            DurableFile.Rename(Path.Combine(target, State + Aside), Path.Combine(target, State));
            return;
        }
        var aside = target + Aside;
        if (Directory.Exists(aside))
            Directory.Delete(aside, recursive: true);
        Directory.CreateDirectory(aside, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Write(Path.Combine(aside, State), bytes);
        Linux.SyncDirectory(aside);
        Linux.Rename(aside, target);
        Linux.SyncDirectory(Folder);
    }

    /// <summary>Takes a slot away as the server itself does: under a name first that no start takes for a slot.</summary>
    internal void Remove(string name)
    {
        var (folder, aside) = (Path.Combine(Folder, name), Path.Combine(Folder, name + Aside));
        if (!SlotState.IsValidName(name) || !Directory.Exists(folder))
            return;
        if (Directory.Exists(aside))
            Directory.Delete(aside, recursive: true);
        Linux.Rename(folder, aside);
        Linux.SyncDirectory(Folder);
        Directory.Delete(aside, recursive: true);
    }

    /// <summary>
    /// Takes folders away that would end the next start with a PANIC, and says so. They are kept, aside.
    /// </summary>
    internal IReadOnlyList<string> Quarantine(int major, string aside)
    {
        var moved = new List<string>();
        foreach (var broken in ReadAll(major).Broken)
        {
            var target = Path.Combine(aside, broken.Name);
            for (var i = 2; Directory.Exists(target); i++)
                target = Path.Combine(aside, $"{broken.Name}.{i}");
            Copy(Path.Combine(Folder, broken.Name), target);
            Directory.Delete(Path.Combine(Folder, broken.Name), recursive: true);
            Linux.SyncDirectory(Folder);
            moved.Add($"the state file of slot {broken.Name} is damaged ({broken.Problem}): the slot was moved to {target}");
        }
        return moved;
    }

    /// <summary>Slots that were taken away and have not been dealt with: their folders are still there.</summary>
    internal static IEnumerable<BrokenSlot> PutAside(string aside) => !Directory.Exists(aside) ? [] : Directory.GetDirectories(aside)
        .Select(folder => Path.GetFileName(folder).Split('.')[0]).Where(SlotState.IsValidName).Distinct().Select(name => new BrokenSlot(name, $"it was put aside in {aside}"));

    private Parsed<SlotState> Read(string name, int major)
    {
        try
        {
            return Bytes(name) is { } bytes ? Verify(bytes, name, major) : new FormatError($"pg_replslot/{name}/{State}", 0, "a state file", "none");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new FormatError($"pg_replslot/{name}/{State}", 0, "a readable file", e.Message);
        }
    }

    /// <summary>state_dir may be on another file system: copied, durable, and only then removed.</summary>
    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            Write(Path.Combine(to, Path.GetFileName(file)), SmallFile.Bytes(file, SmallFile.Large));
        Linux.SyncDirectory(to);
        Linux.SyncDirectory(Path.GetDirectoryName(to)!);
    }

    private static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }

    internal static SlotFacts Facts(SlotState state) => new()
    {
        Name = state.Name,
        Plugin = state.IsLogical ? state.Plugin : null,
        DatabaseOid = state.Database,
        Temporary = state.Persistency != SlotPersistency.Persistent,
        Xmin = Number(state.Xmin),
        CatalogXmin = Number(state.CatalogXmin),
        RestartLsn = Position(state.RestartLsn),
        ConfirmedFlush = state.IsLogical ? Position(state.ConfirmedFlush) : null,
        TwoPhase = state.TwoPhase,
        Failover = state.Failover,
        Synced = state.Synced,
        Invalid = state.InvalidatedAt.IsValid ? "wal_removed" : state.InvalidationCause switch
        {
            0 => null,
            1 => "wal_removed",
            2 => "rows_removed",
            3 or 4 => "wal_level_insufficient", // 16 and 17 count, 18 has bits
            8 => "idle_timeout",
            var other => $"invalidation cause {other}",
        },
    };

    private static uint? Number(uint value) => value == 0 ? null : value;

    private static Lsn? Position(Lsn value) => value.IsValid ? value : null;
}
