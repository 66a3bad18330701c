using System.CommandLine;

namespace PgHa.Inspect;

/// <summary><c>pgha inspect wal</c>: the records of segments, or statistics of them, each record verified; then where and why the WAL ends.</summary>
internal static class WalCommand
{
    private const string What =
        """
        List WAL records, or with --stats count them. Every record is verified: page headers, link, checksum.

        Examples:
          pgha inspect wal --stats /var/lib/postgresql/15/main/pg_wal
          pgha inspect wal --from 0/3000028 --limit 20 000000010000000000000003
          pgha inspect wal --rmgr Transaction --json pg_wal
        """;

    internal static Command Create()
    {
        var files = InspectCommand.Files("segments, also .partial, or a folder with them: pg_wal, a data directory, an archive");
        var options = new WalOptions();
        var command = new Command("wal", What) { files };
        options.AddTo(command);
        command.SetAction(parsed => Run(parsed.GetValue(files)!, options.Read(parsed), parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string[] files, WalSelection selection, InvocationConfiguration invocation)
    {
        using var report = new Report(invocation, selection.IsJson);
        var streams = WalInput.Open(files, selection.Timeline, report);
        try
        {
            ReadingProgress.Show(streams, selection, () =>
            {
                if (selection.Statistics)
                    Count(streams, selection, report);
                else
                    List(streams, selection, report);
            });
        }
        finally
        {
            streams.ForEach(s => s.Dispose());
        }
        return report.ExitCode;
    }

    private static void List(List<WalStream> streams, WalSelection selection, Report report)
    {
        var walk = new WalWalk(selection);
        foreach (var stream in streams)
        {
            WalListing.Begin(stream, report);
            walk.Run(stream, reader => WalListing.Show(reader, report)).Show(report);
        }
    }

    private static void Count(List<WalStream> streams, WalSelection selection, Report report)
    {
        var walk = new WalWalk(selection);
        var statistics = new WalStatistics();
        var ends = streams.Select(s => walk.Run(s, statistics.Add)).ToList();
        if (ends.Count > 0)
            StatisticsTable.Show(statistics, selection.PerOperation, report);
        ends.ForEach(e => e.Show(report));
    }
}
