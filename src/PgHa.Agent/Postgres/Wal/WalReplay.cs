using PgHa.Agent.Files;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Lets a stopped node replay, as a standby, all WAL it holds, and stops it again: a former primary, and any node that has to follow
/// to another timeline, would otherwise start at its own checkpoint and overwrite what follows (facts 1 and 2).
/// </summary>
internal sealed class WalReplay(DataDirectory data, LocalSql sql, ServerStart start, ServerStop stop, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    internal async Task<StepResult> RunAsync(CancellationToken cancel)
    {
        var control = data.ReadControl();
        if (!control.IsOk)
            return StepResult.Failed(Code.WrongState, $"pg_control cannot be read: {control.Error}", "look at the disk");
        var end = EndOfWal(ControlFacts.From(control.Value));
        DurableFile.Touch(data.StandbySignal);
        if (await start.RunAsync(cancel) is { } failed)
            return StepResult.Failed(failed, neverWritable: true);
        if (await ReplayedAsync(end, cancel) is { } stuck)
            return StepResult.Failed(stuck, neverWritable: true);
        var stopped = await stop.RunAsync(untilShutDown: false, cancel);
        return stopped.Failure is null ? StepResult.Done($"replayed to {end}; {stopped.Evidence}") : stopped;
    }

    private Lsn EndOfWal(ControlFacts control)
    {
        var line = WalFolder.NewestDescendant(data.WalFolder, control.Timeline)?.Entries
            ?? WalFolder.History(data.WalFolder, control.Timeline).Value.Entries;
        using var folder = new WalFolder(data.WalFolder, control.WalSegmentSize, line);
        return WalEnd.Find(folder.Read, control.WalSegmentSize, control.CheckPoint).End;
    }

    private async Task<Refusal?> ReplayedAsync(Lsn end, CancellationToken cancel)
    {
        if (PostmasterPid.Read(data.Root) is not { } server)
            return new(Code.StepFailed, "the server ended while it replayed", "look at its log");
        using var process = ServerProcess.Open(server.Pid, data.Root);
        await using var connection = await sql.OpenAsync(server, cancel);
        while (process is { Alive: true })
        {
            var replayed = await LocalSql.ScalarAsync(connection, "SELECT pg_last_wal_replay_lsn()::text", cancel);
            if (Lsn.TryParse(replayed, out var at) && at >= end)
                return null;
            await Task.Delay(Interval, time, cancel);
        }
        return new(Code.StepFailed, "the server ended while it replayed", "look at its log");
    }
}
