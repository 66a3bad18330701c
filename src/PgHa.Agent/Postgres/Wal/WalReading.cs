using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Control;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>Which WAL the local node holds, running or not.</summary>
internal sealed class WalReading(AgentOptions options, DataDirectory data, PostgresBinaries binaries, WalEnds ends)
{
    /// <summary>The position that follows from an observation; on a node without a streaming server it is read from the WAL itself.</summary>
    internal async Task<Answer<WalPosition>> PositionAsync(NodeObservation seen, CancellationToken cancel)
    {
        var control = data.ReadControl();
        if (seen.DataProblem is { } problem)
            return new Refusal(Code.WrongState, $"the data directory of {options.Node} cannot be used: {problem}", "correct postgres.data_dir");
        return seen switch
        {
            { State: NodeState.Primary or NodeState.PrimaryAlone or NodeState.Standby, Sql: { Timeline: { } timeline, FetchesAgain: false } sql } =>
                Running(control.Value, timeline, sql.Position),
            { State: NodeState.Recovering or NodeState.Standby } or { Server: ServerStatus.Stopped or ServerStatus.ShuttingDown } => await FromFilesAsync(control.Value, seen, cancel),
            _ => new Refusal(Code.WrongState, $"{options.Node} is unknown: {seen.Problem}", "look at its server"),
        };
    }

    /// <summary>Opens pg_wal along the lineage that the position names.</summary>
    internal WalFolder Open(WalPosition position) => new(data.WalFolder, position.SegmentSize, position.Lineage);

    private Answer<WalPosition> Running(ControlFile control, TimelineId timeline, Lsn end)
    {
        var history = WalFolder.History(data.WalFolder, timeline);
        if (!history.IsOk)
            return Unreadable(history.Error!);
        using var folder = new WalFolder(data.WalFolder, control.WalSegmentSize, history.Value.Entries);
        return Make(control, history.Value, end, folder) with { EndedBy = "the server says so" };
    }

    private async Task<Answer<WalPosition>> FromFilesAsync(ControlFile control, NodeObservation seen, CancellationToken cancel)
    {
        var facts = ControlFacts.From(control);
        var history = WalFolder.History(data.WalFolder, facts.Timeline);
        if (!history.IsOk)
            return Unreadable(history.Error!);
        var (line, end) = await FollowAsync(control, history.Value, cancel);
        if (!end.LastRecord.IsValid || end.End <= control.CheckPoint)
            return new Refusal(Code.WalNotProven,
                $"the checkpoint record {control.CheckPoint} of {options.Node} is not in its pg_wal ({end.Reason})", "bring the missing WAL back from the archive");
        using var folder = new WalFolder(data.WalFolder, control.WalSegmentSize, line.Entries);
        return Make(control, line, end.End, folder) with
        {
            LastRecord = end.LastRecord,
            CheckpointEnd = CheckpointEnd(folder, control),
            StoppedAs = seen.State is NodeState.Recovering or NodeState.Standby ? null : control.State,
            StartsOn = seen.State is NodeState.Recovering or NodeState.Standby ? null : facts.Timeline,
            Restores = SettingPlaces.Read(binaries.ConfigFile(binaries.ServerOptions()), data.AutoConf, binaries.ServerOptions()).Last.ContainsKey("restore_command"),
            EndedBy = $"{end.Reason} after the record at {end.LastRecord}",
        };
    }

    /// <summary>
    /// The line that a standby would follow through the files: over to a newer timeline only where its WAL is really here, and where the
    /// node did not go on past the point at which that one left.
    /// </summary>
    private async Task<(TimelineHistory Line, WalEnd End)> FollowAsync(ControlFile control, TimelineHistory own, CancellationToken cancel)
    {
        var end = await EndAsync(control, own, cancel);
        if (WalFolder.NewestDescendant(data.WalFolder, own.Timeline) is not { } newer || newer.Entries.First(s => s.Timeline == own.Timeline).End < end.End)
            return (own, end);
        var later = await EndAsync(control, newer, cancel);
        return later.End > end.End ? (newer, later) : (own, end);
    }

    private async Task<WalEnd> EndAsync(ControlFile control, TimelineHistory line, CancellationToken cancel)
    {
        using var folder = new WalFolder(data.WalFolder, control.WalSegmentSize, line.Entries);
        return await ends.FindAsync(folder, line.Entries, control.WalSegmentSize, control.SystemIdentifier, control.CheckPoint, cancel);
    }

    private static Lsn? CheckpointEnd(WalFolder folder, ControlFile control)
    {
        var reader = new WalReader(folder.Read, control.WalSegmentSize, control.CheckPoint);
        return reader.MoveNext() ? reader.Current.End : null;
    }

    private WalPosition Make(ControlFile control, TimelineHistory line, Lsn end, WalFolder folder)
    {
        var held = folder.Held(end);
        return held is [var last, .. var older] && last.To == end
            ? Make(control, line, end, last.From) with { Older = older }
            : Make(control, line, end, end) with { Older = held };
    }

    private WalPosition Make(ControlFile control, TimelineHistory line, Lsn end, Lsn oldest) => new()
    {
        Node = options.Node,
        SystemIdentifier = control.SystemIdentifier.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Timeline = line.Timeline,
        End = end,
        Oldest = oldest,
        Unserved = [.. WalSender.Gaps(line.Entries, oldest, control.WalSegmentSize, s => File.Exists(Path.Combine(data.WalFolder, s.FileName)))],
        Lineage = line.Entries,
        SegmentSize = control.WalSegmentSize,
        Run = data.LastStart,
    };

    private Refusal Unreadable(FormatError error) =>
        new(Code.WalNotProven, $"the timeline history of {options.Node} cannot be read: {error}", "bring the file back from the archive or a peer's pg_wal");
}
