using Microsoft.Extensions.Logging;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Upkeep;

/// <summary>
/// Ends a walreceiver that waits for its primary's answer before it streams. PostgreSQL has no bound for that. If the primary's machine
/// died in that moment and the reset of the connection was lost, the standby would not follow for two hours (tcp_keepalives_idle), long after
/// the primary is back. While it streams, wal_receiver_timeout ends it. The server starts a new walreceiver within
/// wal_retrieve_retry_interval. Needs no lock, as it changes nothing but the connection.
/// </summary>
internal sealed partial class WalreceiverUpkeep(AgentOptions options, DataDirectory data, SharedObservation observations, TimeProvider time, ILogger<WalreceiverUpkeep> log)
    : UpkeepLoop(TimeSpan.FromSeconds(3), time, log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = time;
    private readonly ILogger _log = log;
    private int? _waiting;
    private long _since;

    /// <inheritdoc />
    protected override string Work => "upkeep of the walreceiver";

    /// <inheritdoc />
    protected override async Task LookAsync(CancellationToken cancel)
    {
        var waiting = (await observations.GetAsync(fresh: false, cancel)).Sql?.UnansweredReceiver;
        if (waiting != _waiting)
            (_waiting, _since) = (waiting, _time.GetTimestamp());
        else if (waiting is { } pid && _time.GetElapsedTime(_since) >= Patience)
            End(pid);
    }

    private void End(int pid)
    {
        using var process = ServerProcess.Open(pid, data.Root);
        if (process?.Signal(Linux.SigTerm) == true)
            LogEnded(_log, pid, options.Node, Patience.TotalSeconds);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "ended walreceiver {Pid} of {Node}: the primary has not answered it for {Seconds} s; the server starts another one")]
    private static partial void LogEnded(ILogger log, int pid, string node, double seconds);
}
