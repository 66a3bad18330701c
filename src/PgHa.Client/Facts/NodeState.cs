using System.Text.Json.Serialization;

namespace PgHa.Client.Facts;

/// <summary>What a node is at the moment of an observation, read from facts each time and stored nowhere.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<NodeState>))]
public enum NodeState
{
    /// <summary>The agent cannot be reached, or PostgreSQL does not answer, refuses the login or is on its way down. Never taken for stopped.</summary>
    Unknown,

    /// <summary>No server process runs on the data directory.</summary>
    Stopped,

    /// <summary>The server accepts writes and no standby is attached.</summary>
    PrimaryAlone,

    /// <summary>The server accepts writes and at least one standby is attached.</summary>
    Primary,

    /// <summary>In recovery, the WAL receiver is streaming.</summary>
    Standby,

    /// <summary>In recovery, not streaming; also while starting up.</summary>
    Recovering,
}
