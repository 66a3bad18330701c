using System.Globalization;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Asks the archive of the running standby for newer timelines, before anything is stopped, because its server asks for them first when it is
/// promoted. It runs the server's own restore_command, as the server runs it.
/// </summary>
internal sealed class ArchiveTrial(AgentOptions options, DataDirectory data, LocalSql sql, ArchiveHistories archive, NextStartReading nextStart, TimeProvider time)
{
    /// <summary>
    /// For a failover by promotion, from what the standby itself has received. An archive that is slow, or unreachable like the primary, is only
    /// named, because nobody can write meanwhile in any case.
    /// </summary>
    internal async Task<Answer<string>> BeforeFailoverAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return new Refusal(Code.WrongState, $"{options.Node} does not run", $"start it first: POST instance/current on {options.Node}");
        await using var connection = await sql.OpenAsync(server, cancel);
        var control = data.ReadControl();
        var received = await LocalSql.ScalarAsync(connection, "SELECT coalesce(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0')::text", cancel);
        if (!control.IsOk || !Lsn.TryParse(received, out var end))
            return new Refusal(Code.WrongState, $"it cannot be told how far {options.Node} has come", "look at its server log");
        var tried = await AskAsync(connection, ControlFacts.From(control.Value).Timeline, end, cancel);
        return tried.IsOk || tried.Refusal != ArchiveRules.Slow(options.Node) ? tried : $"; {tried.Refusal.Message}";
    }

    /// <summary>What is to be said of the archive (nothing if there is none), or why the standby must not be promoted with it.</summary>
    /// <param name="timeline">The timeline of the primary.</param>
    /// <param name="flushed">What it had flushed, and the standby has received.</param>
    /// <param name="cancel">Ends it.</param>
    internal async Task<Answer<string>> RunAsync(TimelineId timeline, Lsn flushed, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return new Refusal(Code.WrongState, $"{options.Node} does not run", "start it first");
        await using var connection = await sql.OpenAsync(server, cancel);
        return await AskAsync(connection, timeline, flushed, cancel);
    }

    /// <summary>
    /// Why a copy of another node would not follow it here, or null. The archive is asked from the source's timeline on: that of this node's own one,
    /// which is about to be given up, may lie there. A slow one is waited for at the start.
    /// </summary>
    internal async Task<Refusal?> BeforeCopyAsync(NodeObservation source, CancellationToken cancel)
    {
        var next = await nextStart.ReadAsync(cancel);
        if ((source.Sql?.Timeline ?? source.Control?.Timeline) is not { } timeline || next.Value?.Settings is not { } settings
            || settings.GetValueOrDefault("restore_command") is not { Length: > 0 } command || settings.GetValueOrDefault("recovery_target_timeline") != "latest")
            return null;
        var answer = await archive.NewestAsync(command, timeline, cancel);
        return answer.EndedWith is { } code ? ArchiveRules.CannotRun(options.Node, code) : ArchiveRules.RefuseCopy(options.Node, source.Node, answer.Newest);
    }

    private async Task<Answer<string>> AskAsync(NpgsqlConnection connection, TimelineId timeline, Lsn flushed, CancellationToken cancel)
    {
        if (await LocalSql.ScalarAsync(connection, "SELECT current_setting('restore_command')", cancel) is not { Length: > 0 } command)
            return "";
        var begun = time.GetTimestamp();
        var answer = await archive.NewestAsync(command, timeline, cancel);
        var refusal = answer.Slow ? ArchiveRules.Slow(options.Node)
            : answer.EndedWith is { } code ? ArchiveRules.CannotRun(options.Node, code)
            : answer.Newest is { } newest ? ArchiveRules.RefuseFollowing(options.Node, newest, timeline, flushed)
            : null;
        if (refusal is not null)
            return refusal;
        return string.Create(CultureInfo.InvariantCulture, $"; its archive says in {time.GetElapsedTime(begun).TotalMilliseconds:F0} ms that nothing there leads away from timeline {timeline}");
    }
}
