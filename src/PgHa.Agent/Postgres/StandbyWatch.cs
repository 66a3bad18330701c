using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Says on the primary which standby streams no longer, and when it does again: each once. It learns of it from every observation, and
/// <c>Upkeep/NodeUpkeep</c> makes one every ten seconds. One observation at a time.
/// </summary>
internal sealed partial class StandbyWatch(AgentOptions options, NodeLock nodeLock, ILogger<StandbyWatch> log)
{
    private readonly HashSet<string> _streaming = [], _lost = [];

    /// <summary>Looks at an observation of this node.</summary>
    internal void Note(NodeObservation seen)
    {
        if (seen.Server is ServerStatus.NotAnswering or ServerStatus.Unseen)
            return; // nothing is known of its standbys
        if (seen is not { Sql: { InRecovery: false } sql })
        {
            _streaming.Clear(); // its end is theirs, and is said elsewhere
            _lost.Clear();
            return;
        }
        foreach (var gone in _streaming.Except(sql.StandbyNames).ToArray())
            if (_streaming.Remove(gone) && _lost.Add(gone))
                LogLost(nodeLock.Holder is null ? LogLevel.Warning : LogLevel.Information, gone, options.Node, During);
        foreach (var here in sql.StandbyNames)
            if (_streaming.Add(here) && _lost.Remove(here))
                LogBack(here, options.Node, During);
    }

    private string During => nodeLock.Holder is { } operation ? $", while {operation.Goal} runs ({operation.Operation})" : "";

    [LoggerMessage(Message = "standby {Standby} no longer streams from {Primary}{During}")]
    private partial void LogLost(LogLevel level, string standby, string primary, string during);

    [LoggerMessage(Level = LogLevel.Information, Message = "standby {Standby} streams from {Primary} again{During}")]
    private partial void LogBack(string standby, string primary, string during);
}
