using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;

namespace PgHa.Agent.Operations;

/// <summary>Warns in the agent's log when agents disagree about the cluster: once, and again when the difference changes.</summary>
public sealed partial class AgreementLog(ILogger<AgreementLog> log)
{
    private string? _last;

    /// <summary>Looks at a view.</summary>
    public void Note(ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var now = AgreementRules.Refuse(view)?.Message;
        if (now is null && view.Nodes.Any(n => !n.Reachable))
            return; // the one that disagreed may only be away
        if (Interlocked.Exchange(ref _last, now) == now)
            return;
        if (now is null)
            LogAgreed();
        else
            LogDisagreed(now);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Difference}: until they agree, only reads and DELETE are allowed")]
    private partial void LogDisagreed(string difference);

    [LoggerMessage(Level = LogLevel.Information, Message = "all agents agree about the cluster again")]
    private partial void LogAgreed();
}
