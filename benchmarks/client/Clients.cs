using System.Diagnostics;
using Npgsql;

namespace PgHa.Bench;

/// <summary>A row whose commit was acknowledged, with the monotonic time at which the client heard of it.</summary>
internal readonly record struct Row(long Id, int Server, long Acknowledged);

/// <summary>The writing clients: each commits as fast as its server allows, and connects anew as soon as it lost its session.</summary>
internal sealed class Clients(Load load, Servers servers) : IDisposable
{
    private const long IdsEach = 1_000_000_000;

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Row>[] _rows = [.. Enumerable.Range(0, load.Clients).Select(_ => new List<Row>(1 << 16))];
    private readonly Row[] _last = new Row[load.Clients];
    private long _unclear;
    private Task[] _running = [];

    /// <summary>Rows of which the client does not know whether they were committed: its session ended first.</summary>
    internal long Unclear => Interlocked.Read(ref _unclear);

    internal IReadOnlyList<IReadOnlyList<Row>> Rows => _rows;

    internal void Start() => _running = [.. _rows.Select((_, i) => Task.Run(() => RunAsync(i)))];

    /// <summary>Whether each client had a row acknowledged after this moment.</summary>
    internal bool AllWroteAfter(long moment) => Enumerable.Range(0, load.Clients).All(i => { lock (_rows[i]) return _last[i].Acknowledged > moment; });

    /// <summary>The server that acknowledged the newest row.</summary>
    internal int Server => Enumerable.Range(0, load.Clients).Select(i => { lock (_rows[i]) return _last[i]; }).MaxBy(row => row.Acknowledged).Server;

    public void Dispose() => _stop.Dispose();

    internal async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
    }

    private async Task RunAsync(int client)
    {
        var id = client * IdsEach;
        try
        {
            while (true)
            {
                var (session, server) = await servers.ConnectAsync(_stop.Token);
                await using (session)
                    id = await WriteAsync(client, session, server, id);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The measurement is over.
        }
    }

    /// <summary>Writes until the session is lost; the id of the next row. An id is never used twice.</summary>
    private async Task<long> WriteAsync(int client, NpgsqlConnection session, int server, long id)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await load.CommitAsync(session, ++id);
            }
            catch (Exception e) when (Servers.IsLoss(e))
            {
                Interlocked.Increment(ref _unclear);
                break;
            }
            lock (_rows[client])
                _rows[client].Add(_last[client] = new(id, server, Stopwatch.GetTimestamp()));
        }
        return id;
    }
}
