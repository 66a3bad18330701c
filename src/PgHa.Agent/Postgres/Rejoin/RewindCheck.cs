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
internal sealed class RewindCheck(AgentOptions options, DataDirectory data, WalReading reading, PostgresBinaries binaries, OwnFilesReading files, PeerLogin login, RoleCheck role)
{
    /// <summary>Reads a byte of each file that operators put into the data directory: pg_rewind would copy all, and stop half way at one that the server may not read.</summary>
    private static readonly string Readable = $"""
        WITH RECURSIVE files(path, folder) AS (
            SELECT name, (pg_stat_file(name, true)).isdir FROM pg_ls_dir('.', true, false) name WHERE name NOT IN ({string.Join(", ", OwnPaths.Servers.Append("postmaster.opts").Select(s => $"'{s}'"))})
            UNION ALL
            SELECT path || '/' || name, (pg_stat_file(path || '/' || name, true)).isdir FROM files, pg_ls_dir(path, true, false) name WHERE folder)
        SELECT count(pg_read_binary_file(path, 0, 1, true)) FROM files WHERE NOT folder
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
        return (await files.ReadAsync(rewrites: true, cancel)).Refusal ?? await AskSourceAsync(options.Nodes.First(n => n.Name == kin.Other), cancel);
    }

    private async Task<Refusal?> AskSourceAsync(NodeOptions source, CancellationToken cancel)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            await using var connection = await login.OpenAsync(source, bounded.Token);
            if (await LocalSql.ScalarAsync(connection, "SHOW full_page_writes", bounded.Token) != "on")
                return Refuse($"full_page_writes is off on {source.Name}");
            return await role.RefuseForRewindAsync(connection, source.Name, bounded.Token) ?? await UnreadableAsync(connection, source.Name, bounded.Token);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return new(Code.WrongState, $"{options.Node} cannot ask PostgreSQL of {source.Name}: {PeerLogin.Words(e)}", login.Hint(source.Name));
        }
    }

    private static async Task<Refusal?> UnreadableAsync(NpgsqlConnection connection, string source, CancellationToken cancel)
    {
        try
        {
            await LocalSql.ScalarAsync(connection, Readable, cancel);
            return null;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return new(Code.WrongState, $"the server of {source} cannot read all of its own data directory, as pg_rewind must: {e.MessageText}",
                $"on {source}: let the server's user read that file (chown, chmod), or move it out of the data directory; then repeat the call");
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
