using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;
using PgHa.Agent.Postgres;
using PgHa.Client.Facts;

namespace PgHa.Agent.Succession;

/// <summary>The real ones.</summary>
internal sealed class Surroundings(AgentOptions options, EtcdRecords records, EtcdNotes notes, KnownServer known, PeerLogin login, AcknowledgedMemory acknowledged, TimeProvider time) : ISurroundings
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromMilliseconds(700);

    public long Epoch => records.Epoch;

    public bool IsManual => records.IsManual;

    public AcknowledgedWal? Acknowledged
    {
        get => acknowledged.Value;
        set => acknowledged.Keep(value);
    }

    public bool SingleUser => PostmasterPid.Read(options.Postgres.DataDir) is { SingleUser: true };

    public bool StoppedOnPurpose => known.StoppedOnPurpose;

    public async Task<Pauses?> PausesAsync(CancellationToken cancel) => await notes.PausesAsync(cancel) is { IsOk: true } answer ? answer.Value : null;

    /// <summary>Agent and guard may both be dead, and the server not. That it is fenced the record tells; this only finds that it is not.</summary>
    public async Task<bool> AcceptsWritesAsync(string node, CancellationToken cancel)
    {
        using var bound = new CancellationTokenSource(AnswersWithin, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancel);
        try
        {
            await using var connection = await login.OpenAsync(options.Nodes.First(n => n.Name == node), both.Token);
            return await LocalSql.ScalarAsync(connection, "SELECT pg_is_in_recovery()::text", both.Token) == "false";
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException or IOException)
        {
            return false;
        }
    }

    public Task<bool> WriteAsync(HistoryEntry entry, CancellationToken cancel) => notes.WriteAsync(entry, cancel);
}
