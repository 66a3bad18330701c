using System.Net.Sockets;
using Npgsql;

namespace PgHa.Bench;

/// <summary>
/// The servers as a client knows them. It connects as libpq does with target_session_attrs=read-write: the hosts in their order, each
/// asked by its greeting whether it is a standby; where none accepts writes, once more after a pause.
/// </summary>
internal sealed class Servers(IReadOnlyList<string> hosts, bool synchronous)
{
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly NpgsqlDataSource[] _sources = [.. hosts.Select(host => Source(host, synchronous))];

    internal int Count => _sources.Length;

    /// <summary>A session on the server that accepts writes, and which one that is.</summary>
    internal async Task<(NpgsqlConnection Session, int Server)> ConnectAsync(CancellationToken cancel)
    {
        while (true)
        {
            for (var i = 0; i < _sources.Length; i++)
                if (await TryAsync(i, cancel) is { } session)
                    return (session, i);
            await Task.Delay(Pause, cancel);
        }
    }

    /// <summary>A session on this one, whatever it is.</summary>
    internal async Task<NpgsqlConnection> OpenAsync(int server, CancellationToken cancel) => await _sources[server].OpenConnectionAsync(cancel);

    internal static bool IsLoss(Exception e) => e is NpgsqlException or SocketException or TimeoutException or IOException;

    private async Task<NpgsqlConnection?> TryAsync(int server, CancellationToken cancel)
    {
        try
        {
            var session = await OpenAsync(server, cancel);
            if (session.PostgresParameters["in_hot_standby"] == "off")
                return session;
            await session.DisposeAsync();
        }
        catch (Exception e) when (IsLoss(e))
        {
            // It is down, starting, or ended under us: the next one is tried.
        }
        return null;
    }

    private static NpgsqlDataSource Source(string host, bool synchronous)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(new NpgsqlConnectionStringBuilder
        {
            Host = host[..host.LastIndexOf(':')],
            Port = int.Parse(host[(host.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture),
            Username = "postgres",
            Database = "postgres",
            Passfile = Environment.GetEnvironmentVariable("PGPASSFILE"),
            ApplicationName = "pgha-bench",
            Options = synchronous ? null : "-c synchronous_commit=off",
            Pooling = false,
            Timeout = 5,
            CommandTimeout = 30,
            GssEncryptionMode = GssEncryptionMode.Disable,
            SslMode = SslMode.Disable,
        }.ConnectionString);
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return builder.Build();
    }
}
