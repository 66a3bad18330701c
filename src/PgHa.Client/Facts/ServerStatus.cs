using System.Text.Json.Serialization;

namespace PgHa.Client.Facts;

/// <summary>What the operating system and <c>postmaster.pid</c> say about the server process, before any SQL.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ServerStatus>))]
public enum ServerStatus
{
    /// <summary>Neither a postmaster nor one of its children runs on the data directory.</summary>
    Stopped,

    /// <summary>The process runs and does not accept connections yet.</summary>
    Starting,

    /// <summary>The process runs and answered SQL.</summary>
    Running,

    /// <summary>The process was told to stop and is still there, or its children outlive it.</summary>
    ShuttingDown,

    /// <summary>
    /// It cannot be told whether one runs: the server that is known runs elsewhere than on the data directory, a process may not be looked at,
    /// or something answers where the server would.
    /// </summary>
    Unseen,

    /// <summary>The process runs and does not answer: frozen, out of connections, or it refuses the agent's login.</summary>
    NotAnswering,
}
