using System.Diagnostics;
using Npgsql;

namespace PgHa.Bench;

/// <summary>Looks for each acknowledged row, on the new primary and on the other servers.</summary>
internal static class RowCheck
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan StandbyWithin = TimeSpan.FromSeconds(60);

    /// <summary>An empty ledger on the primary; the standby has it a moment later.</summary>
    internal static async Task MakeLedgerAsync(Servers servers, CancellationToken cancel)
    {
        var (session, _) = await servers.ConnectAsync(cancel);
        await using (session)
        {
            await using var command = new NpgsqlCommand("DROP TABLE IF EXISTS ledger; CREATE TABLE ledger (id bigint PRIMARY KEY)", session);
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    internal static async Task<(long Lost, long LostOnStandby)> RunAsync(Servers servers, HashSet<long> acknowledged, CancellationToken cancel)
    {
        var (session, primary) = await servers.ConnectAsync(cancel);
        await using (session)
        {
            var lost = Missing(acknowledged, await IdsAsync(session, cancel));
            var onStandbys = await Task.WhenAll(Enumerable.Range(0, servers.Count).Where(s => s != primary).Select(s => OnStandbyAsync(servers, s, acknowledged, cancel)));
            return (lost, onStandbys.Max());
        }
    }

    /// <summary>Another server may still be on its way back: it is given a minute.</summary>
    private static async Task<long> OnStandbyAsync(Servers servers, int standby, HashSet<long> acknowledged, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            var missing = await TryAsync(servers, standby, acknowledged, cancel);
            if (missing == 0 || Stopwatch.GetElapsedTime(begun) > StandbyWithin)
                return missing;
            await Task.Delay(Pause, cancel);
        }
    }

    private static async Task<long> TryAsync(Servers servers, int standby, HashSet<long> acknowledged, CancellationToken cancel)
    {
        try
        {
            await using var session = await servers.OpenAsync(standby, cancel);
            return Missing(acknowledged, await IdsAsync(session, cancel));
        }
        catch (Exception e) when (Servers.IsLoss(e))
        {
            return acknowledged.Count;
        }
    }

    private static long Missing(HashSet<long> acknowledged, HashSet<long> found) => acknowledged.Count(id => !found.Contains(id));

    private static async Task<HashSet<long>> IdsAsync(NpgsqlConnection session, CancellationToken cancel)
    {
        var ids = new HashSet<long>();
        await using var command = new NpgsqlCommand("SELECT id FROM ledger", session);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            ids.Add(reader.GetInt64(0));
        return ids;
    }
}
