using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats.Control;
using PgHa.Formats.Slots;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>The local node's slots: asked of a running server, whose files lag behind, and read from the files of a stopped one (fact 34a).</summary>
internal sealed class SlotReading(
    AgentOptions options, DataDirectory data, SharedObservation observations, LocalSql local, SlotSql sql, SlotFiles files, DecodingFiles decoding, LogicalCopyNotes copies, PhysicalCopyNotes physical)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(3);

    /// <summary>Where slots lie that no server would start with.</summary>
    internal string Aside => options.State.Quarantine;

    internal async Task<Answer<SlotsReport>> ReadAsync(CancellationToken cancel)
    {
        var seen = await observations.GetAsync(fresh: true, cancel);
        if (seen.DataProblem is { } problem)
            return Cannot($"its data directory cannot be used: {problem}");
        return seen.Server switch
        {
            _ when seen.Ending => FromFiles(), // its last checkpoint has written them
            ServerStatus.Stopped => FromFiles(),
            ServerStatus.Running => await RunningAsync(cancel),
            _ => Cannot(seen.Problem ?? "its server is starting"),
        };
    }

    /// <summary>What the files say, whatever the server does; right only on a stopped one.</summary>
    internal SlotsReport FromFiles()
    {
        var (slots, broken) = files.ReadAll(data.Major!.Value);
        return Known(new() { Node = options.Node, Major = data.Major!.Value, Running = false, Slots = slots, Broken = broken });
    }

    /// <summary>The state file as it lies on the disk, or why there is none.</summary>
    internal Answer<byte[]> File(string name)
    {
        if (!SlotState.IsValidName(name))
            return new Refusal(Code.Invalid, $"{name} is no slot's name", "a slot's name has 1 to 63 of a-z, 0-9 and _");
        return files.Bytes(name) is { } bytes ? bytes : Unknown(name);
    }

    internal DecodingFile[] DecodingFiles(Formats.Lsn from) => [.. decoding.From(from)];

    internal Refusal Unknown(string name) => new(Code.NotFound, $"{options.Node} has no slot {name}", "see GET slots/all");

    /// <summary>Writes to the running primary's WAL which transactions run (16 and later).</summary>
    internal async Task<Answer<bool>> LogRunningTransactionsAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return Cannot("its server does not accept connections");
        try
        {
            await using var connection = await local.OpenAsync(server, cancel);
            await LocalSql.ScalarAsync(connection, "SELECT pg_log_standby_snapshot()::text", cancel);
            return true;
        }
        catch (NpgsqlException e)
        {
            return Cannot(PeerLogin.Words(e));
        }
    }

    /// <summary>The same where it is known that the server runs.</summary>
    internal async Task<Answer<SlotsReport>> RunningAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return Cannot("its server does not accept connections");
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(Within);
        try
        {
            return Known(await sql.ReadAsync(server, data.Major!.Value, bounded.Token));
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or IOException or TimeoutException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return Cannot(PeerLogin.Words(e));
        }
    }

    private SlotsReport Known(SlotsReport report) => report with
    {
        OldestWal = InWal((folder, control) => folder.Oldest(control.CheckPoint)) ?? new(ulong.MaxValue),
        Missing = copies.Missing,
        MissingPhysical = physical.Missing,
        Broken = [.. report.Broken, .. SlotFiles.PutAside(Aside).Where(b => report[b.Name] is null)],
        Slots = [.. report.Slots.Select(s => s with { Copy = (s.IsLogical ? copies.Of(s.Name) : physical.Of(s.Name)) ?? (report.Running || !WasPrimary ? null : new(options.Node, Level: true)) })],
    };

    /// <summary>What the control file of the stopped server says it was.</summary>
    internal bool WasPrimary => data.ReadControl() is { IsOk: true, Value.State: not (DbState.ShutDownInRecovery or DbState.InArchiveRecovery) };

    /// <summary>Where the WAL of the stopped server ends; null if that cannot be read.</summary>
    internal Formats.Lsn? EndOfWal() => InWal((folder, control) => WalEnd.Find(folder.Read, control.WalSegmentSize, control.CheckPoint).End);

    private Formats.Lsn? InWal(Func<WalFolder, ControlFacts, Formats.Lsn> ask)
    {
        if (data.ReadControl() is not { IsOk: true, Value: var file })
            return null;
        var control = ControlFacts.From(file);
        var line = WalFolder.NewestDescendant(data.WalFolder, control.Timeline)?.Entries
            ?? (WalFolder.History(data.WalFolder, control.Timeline) is { IsOk: true, Value.Entries: var entries } ? entries : []);
        using var folder = new WalFolder(data.WalFolder, control.WalSegmentSize, line);
        return ask(folder, control);
    }

    private Refusal Cannot(string why) => new(Code.WrongState, $"the slots of {options.Node} cannot be read: {why}", "look at its server");
}
