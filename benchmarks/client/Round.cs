using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace PgHa.Bench;

/// <summary>One switchover under load, from the clients' side: writes before it, through it and after it, then counts.</summary>
internal static class Round
{
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(90);

    internal static async Task<int> RunAsync(string contender, Load load, IReadOnlyList<string> hosts)
    {
        using var deadline = new CancellationTokenSource(Within * 2);
        var servers = new Servers(hosts, load.Synchronous);
        await RowCheck.MakeLedgerAsync(servers, deadline.Token);
        using var clients = new Clients(load, servers);
        clients.Start();
        await UntilAsync("all clients write", () => clients.AllWroteAfter(0));
        await Task.Delay(Settle);
        var (begun, before) = (Stopwatch.GetTimestamp(), clients.Server);
        await Console.Out.WriteLineAsync("writing");
        var inside = await Console.In.ReadLineAsync();
        await UntilAsync("the other server is written to", () => clients.Server != before);
        var changed = Stopwatch.GetTimestamp();
        await UntilAsync("all clients write again", () => clients.AllWroteAfter(changed));
        await Task.Delay(Settle);
        await clients.StopAsync();
        var (lost, lostOnStandby) = await RowCheck.RunAsync(servers, [.. clients.Rows.SelectMany(rows => rows).Select(row => row.Id)], deadline.Token);
        var figures = new Figures
        {
            Contender = contender,
            Load = load.Name,
            OutageMs = Gaps.Longest(clients.Rows.SelectMany(rows => rows), begun),
            WorstClientMs = clients.Rows.Max(rows => Gaps.Longest(rows, begun)),
            InsideMs = double.TryParse(inside, CultureInfo.InvariantCulture, out var milliseconds) ? milliseconds : null,
            Acknowledged = clients.Rows.Sum(rows => (long)rows.Count),
            Lost = lost,
            LostOnStandby = lostOnStandby,
            Unclear = clients.Unclear,
            Overlap = Gaps.Overlap(clients.Rows.SelectMany(rows => rows)),
        };
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(figures, FiguresJson.Default.Figures));
        return 0;
    }

    private static async Task UntilAsync(string what, Func<bool> condition)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(begun) > Within)
                throw new TimeoutException($"waited {Within.TotalSeconds} s for: {what}");
            await Task.Delay(Poll);
        }
    }
}
