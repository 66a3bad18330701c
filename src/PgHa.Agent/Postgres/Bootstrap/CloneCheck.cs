using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>What a base backup of a server needs to know of it.</summary>
/// <param name="Major">Its major version.</param>
/// <param name="Bytes">Its databases and its pg_wal.</param>
/// <param name="Tablespaces">Names of those outside its data directory; empty if there are none.</param>
/// <param name="Configuration">Its postgresql.conf; null if the role may not see it.</param>
/// <param name="Directory">Its data directory; null if the role may not see it.</param>
internal sealed record SourceFacts(int Major, long Bytes, string Tablespaces, string? Configuration, string? Directory);

/// <summary>Everything that would fail in the middle of a base backup, asked of the source before anything is written.</summary>
internal sealed class CloneCheck(AgentOptions options, PostgresBinaries binaries, PeerLogin login, DirectorySwap swap, ListenPlace listen)
{
    private const string Query = """
        SELECT current_setting('server_version_num')::int / 10000,
               ((SELECT sum(pg_database_size(oid)) FROM pg_database) + (SELECT coalesce(sum(size), 0) FROM pg_ls_waldir()))::bigint,
               (SELECT coalesce(string_agg(spcname, ', '), '') FROM pg_tablespace WHERE pg_tablespace_location(oid) LIKE '/%'),
               (SELECT setting FROM pg_settings WHERE name = 'config_file'),
               (SELECT setting FROM pg_settings WHERE name = 'data_directory')
        """;

    /// <summary>The source's facts, or why no clone of it can be made here.</summary>
    /// <param name="source">The node to copy.</param>
    /// <param name="place">Where the copy goes.</param>
    /// <param name="ownRuns">The node's own server still runs at its address, and is stopped before the copy is taken.</param>
    /// <param name="cancel">Ends it.</param>
    internal async Task<Answer<SourceFacts>> RunAsync(NodeObservation source, EmptyPlace place, bool ownRuns, CancellationToken cancel)
    {
        var node = options.Nodes.First(n => n.Name == source.Node);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(TimeSpan.FromSeconds(30)); // sizes of very many relations take their time
        try
        {
            var identifier = await login.SystemIdentifierAsync(node, bounded.Token);
            if (identifier != source.Control?.SystemIdentifier)
                return new Refusal(Code.WrongState, $"the server at {node.PostgresHost}:{node.PostgresPort} is not that of {node.Name}: system identifier {identifier} instead of {source.Control?.SystemIdentifier}",
                    $"correct the address of {node.Name} in the configuration");
            var facts = await AskAsync(node, bounded.Token);
            return await RefuseAsync(node.Name, facts, place, ownRuns, cancel) is { } refusal ? refusal : facts;
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return new Refusal(Code.WrongState,
                $"{options.Node} cannot ask PostgreSQL of {node.Name} at {node.PostgresHost}:{node.PostgresPort} as {options.Postgres.ReplicationUser}: {PeerLogin.Words(e)}",
                login.Hint(node.Name) + $"; {options.Postgres.ReplicationUser} needs REPLICATION and pg_monitor");
        }
    }

    private async Task<SourceFacts> AskAsync(NodeOptions node, CancellationToken cancel)
    {
        await using var connection = await login.OpenAsync(node, cancel);
        await using var command = new NpgsqlCommand(Query, connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new(reader.GetInt32(0), reader.GetInt64(1), reader.GetString(2),
            reader.IsDBNull(3) ? null : reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetString(4));
    }

    private async Task<Refusal?> RefuseAsync(string source, SourceFacts facts, EmptyPlace place, bool ownRuns, CancellationToken cancel)
    {
        if (facts.Tablespaces.Length > 0)
            return new(Code.WrongState, $"{source} has tablespaces outside its data directory: {facts.Tablespaces}",
                "make the copy by hand with pg_basebackup -R --tablespace-mapping; POST instance/slave then lets it join");
        return PlaceRules.RefuseRoom(options.Node, place.FreeBytes, facts.Bytes + (32L << 20)) // and what is neither database nor WAL
            ?? RefuseConfiguration(source, facts)
            ?? await RefuseProgramsAsync(source, facts.Major, cancel)
            ?? (ownRuns ? null : await listen.RefuseTakenAsync(cancel));
    }

    /// <summary>A base backup carries the configuration only where it lies in the data directory (fact 9).</summary>
    private Refusal? RefuseConfiguration(string source, SourceFacts facts)
    {
        var comesAlong = facts is not { Configuration: { } file, Directory: { } folder } || file == Path.Combine(folder, "postgresql.conf");
        var own = binaries.ConfigurationOutside(swap.Side, facts.Major);
        if (own is null ? comesAlong : File.Exists(own))
            return null;
        return new(Code.WrongState, $"{options.Node} has no postgresql.conf, and that of {source} ({facts.Configuration}) lies outside its data directory, so that it does not come along",
            $"put one on {options.Node} ({own ?? $"/etc/postgresql/{facts.Major}/… on Debian"}), and name it in postgres.config_file");
    }

    private async Task<Refusal?> RefuseProgramsAsync(string source, int major, CancellationToken cancel)
    {
        var (server, backup) = (binaries.Program("postgres", major), binaries.Program("pg_basebackup", major));
        if ((server.Refusal ?? backup.Refusal) is { } missing)
            return missing;
        var (_, output, _) = await ToolRun.RunAsync(server.Value!, ["--version"], cancel); // postgres (PostgreSQL) 15.6 (Debian …)
        var version = output.Split(' ').ElementAtOrDefault(2) ?? "";
        var ours = int.TryParse(version.Split('.', 'b', 'r')[0], CultureInfo.InvariantCulture, out var number) ? number : 0;
        return ours == major ? null : new(Code.WrongState, $"{source} runs PostgreSQL {major}, {server.Value} of {options.Node} is {version.Trim()}",
            $"set postgres.bin_dir of {options.Node} to the programs of PostgreSQL {major}");
    }
}
