using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Succession;

/// <summary>What shows of another node's server without its agent.</summary>
public enum ServerSign
{
    /// <summary>Nothing: it cannot be reached. Whether it runs is not known.</summary>
    Silent,

    /// <summary>Its machine answers, and nothing listens there: it does not run.</summary>
    Refused,

    /// <summary>It answers, and is in recovery.</summary>
    InRecovery,

    /// <summary>It answers, and accepts writes.</summary>
    AcceptsWrites,

    /// <summary>Something answers there, and does not say what it is: too many connections, a login that is refused, a start.</summary>
    Unclear,
}

/// <summary>Asks another node's server itself: agent and guard may both be dead, and the server not.</summary>
internal sealed class ServerProbe(AgentOptions options, PeerLogin login, TimeProvider time)
{
    private static readonly TimeSpan Within = TimeSpan.FromMilliseconds(700), Settling = TimeSpan.FromMilliseconds(100);

    /// <summary>What shows of it within a moment. A session with a server that hangs may take seconds to end: that is not waited for.</summary>
    internal async Task<ServerSign> AskAsync(string node, CancellationToken cancel)
    {
        try
        {
            return await LookAsync(node, cancel).WaitAsync(Within + Settling, time, cancel);
        }
        catch (TimeoutException)
        {
            return ServerSign.Silent;
        }
    }

    private async Task<ServerSign> LookAsync(string node, CancellationToken cancel)
    {
        using var bound = new CancellationTokenSource(Within, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancel);
        try
        {
            await using var connection = await login.OpenAsync(options.Nodes.First(n => n.Name == node), both.Token);
            return await LocalSql.ScalarAsync(connection, "SELECT pg_is_in_recovery()::text", both.Token) == "false" ? ServerSign.AcceptsWrites : ServerSign.InRecovery;
        }
        catch (PostgresException)
        {
            return ServerSign.Unclear;
        }
        catch (NpgsqlException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return ServerSign.Refused;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException or IOException)
        {
            return ServerSign.Silent; // nobody can write there through this way; that it is fenced, the record tells
        }
    }
}
