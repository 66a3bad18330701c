using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>What pg_rewind needs (fact 22), looked at before anything is stopped.</summary>
internal sealed class RewindCheck(AgentOptions options, DataDirectory data, WalReading reading, PostgresBinaries binaries, PeerLogin login)
{
    private const string Query = """
        SELECT current_setting('full_page_writes'),
               (SELECT bool_and(has_function_privilege(f, 'EXECUTE'))::text FROM unnest(ARRAY['pg_ls_dir(text, boolean, boolean)',
                'pg_stat_file(text, boolean)', 'pg_read_binary_file(text)', 'pg_read_binary_file(text, bigint, bigint, boolean)']) f)
        """;

    /// <summary>Null when the node can be rewound, else why not.</summary>
    internal async Task<Refusal?> RefuseAsync(WalAncestry kin, WalPosition own, CancellationToken cancel)
    {
        var program = binaries.Program("pg_rewind", data.Major);
        if (!program.IsOk)
            return program.Refusal;
        var control = data.ReadControl();
        if (!control.IsOk)
            return Refuse($"pg_control cannot be read: {control.Error}");
        if (control.Value is { DataChecksumVersion: 0, WalLogHints: false })
            return Refuse("it has neither data checksums nor wal_log_hints, so that not every changed page is in its WAL");
        if (!await Task.Run(() => HoldsCheckpointBefore(kin.CommonEnd, control.Value.CheckPoint, own), cancel))
            return Refuse($"its WAL no longer reaches back to a checkpoint before {kin.CommonEnd}");
        return await AskSourceAsync(options.Nodes.First(n => n.Name == kin.Other), cancel);
    }

    private async Task<Refusal?> AskSourceAsync(NodeOptions source, CancellationToken cancel)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            await using var connection = await login.OpenAsync(source, bounded.Token);
            await using var command = new NpgsqlCommand(Query, connection);
            await using var reader = await command.ExecuteReaderAsync(bounded.Token);
            await reader.ReadAsync(bounded.Token);
            if (reader.GetString(0) != "on")
                return Refuse($"full_page_writes is off on {source.Name}");
            return reader.GetString(1) == "true" ? null : new(Code.WrongState,
                $"{options.Postgres.ReplicationUser} may not read files of {source.Name}, as pg_rewind must",
                $"on {source.Name}: GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text), "
                + $"pg_read_binary_file(text, bigint, bigint, boolean) TO {options.Postgres.ReplicationUser}; or use rejoin=reclone");
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return new(Code.WrongState, $"{options.Node} cannot ask PostgreSQL of {source.Name}: {PeerLogin.Words(e)}", login.Hint(source.Name));
        }
    }

    /// <summary>pg_rewind copies every page that changed since the last checkpoint that both nodes have.</summary>
    private bool HoldsCheckpointBefore(Lsn fork, Lsn last, WalPosition own)
    {
        if (last < fork && last >= own.Oldest)
            return true;
        using var folder = reading.Open(own);
        if (WalStart.FindRecord(folder.Read, own.SegmentSize, own.Oldest) is not { } first)
            return false;
        var reader = new WalReader(folder.Read, own.SegmentSize, first);
        while (reader.MoveNext() && reader.Current.Lsn < fork)
            if (reader.Current is { Rmgr: 0, Info: var info } && (info & 0xF0) is 0x00 or 0x10) // XLOG_CHECKPOINT_SHUTDOWN, _ONLINE
                return true;
        return false;
    }

    private Refusal Refuse(string why) => new(Code.WrongState, $"{options.Node} cannot be rewound: {why}", $"POST instance/slave?rejoin=reclone on {options.Node}");
}
