using System.Text;
using PgHa.Agent.Files;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>
/// The numbers of timelines, as the server chooses them: one above the histories that it finds from its own on, in its archive or in pg_wal (findNewestTimeLine in access/timeline.c).
/// A number that must not be used gets a history that only reserves it (fact 55).
/// </summary>
internal sealed class ReservedTimelines(DataDirectory data, LocalSql sql, ArchiveHistories archive)
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The number that the running standby would choose now.</summary>
    /// <param name="own">The timeline that it is on.</param>
    /// <param name="asksArchive">Whether its archive is asked, too. One that gives no answer is passed over.</param>
    /// <param name="cancel">Ends it.</param>
    internal async Task<TimelineId> NextAsync(TimelineId own, bool asksArchive, CancellationToken cancel)
    {
        var command = asksArchive ? (await SettingsAsync(cancel)).Restore : "";
        var next = new TimelineId(own.Value + 1);
        while (true)
        {
            while (File.Exists(PathOf(next)))
                next = new(next.Value + 1);
            if (command.Length == 0 || (await archive.NewestAsync(command, new(next.Value - 1), cancel)).Newest is not { } newest)
                return next;
            next = new(newest.Timeline + 1);
        }
    }

    /// <summary>Reserves the numbers from one up to another, so that the server chooses that one. They stay, because standbys and backups look for each number in turn, too.</summary>
    internal async Task PassOverAsync(TimelineId from, TimelineId to, bool asksArchive, CancellationToken cancel)
    {
        var (restore, archives) = asksArchive ? await SettingsAsync(cancel) : ("", false);
        for (var timeline = from; timeline < to; timeline = new(timeline.Value + 1))
        {
            if (File.Exists(PathOf(timeline)))
                continue;
            Lay(timeline);
            if (archives && restore.Length > 0 && await archive.NewestAsync(restore, new(timeline.Value - 1), cancel) is { Newest: null, Slow: false, EndedWith: null })
                DurableFile.Touch(Path.Combine(data.WalFolder, "archive_status", $"{WalFileName.HistoryOf(timeline)}.ready")); // else a recovery from the archive would stop before the hole
        }
    }

    /// <summary>Reserves the numbers that a lineage passes over on the stopped node: a start looks for each history in turn.</summary>
    internal static void FillGaps(string folder, TimelineId own, IReadOnlyList<TimelineSpan> lineage)
    {
        for (var timeline = new TimelineId(own.Value + 1); timeline < lineage[^1].Timeline; timeline = new(timeline.Value + 1))
            if (lineage.All(s => s.Timeline != timeline) && !File.Exists(PathOf(folder, timeline)))
                Lay(folder, timeline);
    }

    /// <summary>Whether the history of a timeline in a folder only reserves its number.</summary>
    internal static bool IsReserved(string folder, TimelineId timeline) => File.Exists(PathOf(folder, timeline)) && TimelineReservation.IsOne(SmallFile.Text(PathOf(folder, timeline), SmallFile.Large));

    private string PathOf(TimelineId timeline) => PathOf(data.WalFolder, timeline);

    private static string PathOf(string folder, TimelineId timeline) => Path.Combine(folder, WalFileName.HistoryOf(timeline).ToString());

    private void Lay(TimelineId timeline) => Lay(data.WalFolder, timeline);

    private static void Lay(string folder, TimelineId timeline) => DurableFile.Replace(PathOf(folder, timeline), Encoding.ASCII.GetBytes(TimelineReservation.Of(timeline)), Mode);

    private async Task<(string Restore, bool Archives)> SettingsAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return ("", false);
        await using var connection = await sql.OpenAsync(server, cancel);
        return (await LocalSql.ScalarAsync(connection, "SELECT current_setting('restore_command')", cancel) ?? "",
            await LocalSql.ScalarAsync(connection, "SELECT current_setting('archive_mode')", cancel) is not (null or "off"));
    }
}
