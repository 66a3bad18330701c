using System.CommandLine;
using System.Globalization;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Inspect;

/// <summary>
/// <c>pgha inspect wal-end</c>, hidden, for <c>./bench wal</c>: finds the end of WAL that ends at a position, then times how long it
/// takes to find the new end when more has come. This is what the agent does for GET lsn/current on a stopped node.
/// </summary>
internal static class WalEndCommand
{
    internal static Command Create()
    {
        var folder = new Argument<string>("FOLDER");
        var positions = new Argument<string[]>("LSN") { Description = "a record to begin at, the end at first, the end afterwards", Arity = new(3, 3) };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5 };
        var command = new Command("wal-end", "Time how long it takes to find the end of WAL, and to find it again.") { folder, positions, rounds };
        command.Hidden = true;
        command.SetAction(parsed => Run(parsed.GetValue(folder)!, [.. parsed.GetValue(positions)!.Select(Lsn.Parse)], parsed.GetValue(rounds),
            parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string folder, Lsn[] positions, int rounds, InvocationConfiguration invocation)
    {
        using var report = new Report(invocation, isJson: true);
        foreach (var stream in WalInput.Open([folder], timeline: null, report))
        {
            using (stream)
                Measure(stream, positions, rounds, report);
        }
        return report.ExitCode;
    }

    private static void Measure(WalStream stream, Lsn[] positions, int rounds, Report report)
    {
        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        var first = WalEnd.Find(Upto(stream, positions[1]), stream.SegmentSize, positions[0]);
        var firstTime = clock.GetElapsedTime(began);
        WalEnd? again = null;
        var times = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            began = clock.GetTimestamp();
            again = first.FindAgain(Upto(stream, positions[2]), stream.SegmentSize);
            times.Add(clock.GetElapsedTime(began).TotalMilliseconds);
        }
        report.Json(json =>
        {
            json.WriteString("first_end", first.End.ToString());
            json.WriteString("new_end", again?.End.ToString());
            json.WriteNumber("first_ms", Math.Round(firstTime.TotalMilliseconds, 2));
            json.WriteString("again_ms", string.Join(' ', times.Select(t => t.ToString("F2", CultureInfo.InvariantCulture))));
        });
    }

    private static ReadWal Upto(WalStream stream, Lsn end) => (at, buffer) =>
        at >= end ? 0 : stream.Read(at, buffer[..(int)Math.Min((ulong)buffer.Length, end - at)]);
}
