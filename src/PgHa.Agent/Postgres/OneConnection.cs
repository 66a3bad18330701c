using System.Collections.Concurrent;
using Npgsql;

namespace PgHa.Agent.Postgres;

/// <summary>Opens single connections, without a pool and without reading the type catalogue: everything is asked for as text.</summary>
internal static class OneConnection
{
    private static readonly ConcurrentDictionary<string, NpgsqlDataSource> Sources = new();

    internal static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancel) =>
        await Sources.GetOrAdd(connectionString, Create).OpenConnectionAsync(cancel);

    private static NpgsqlDataSource Create(string connectionString)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(connectionString);
        builder.EnableTransportSecurity();
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return builder.Build();
    }
}
