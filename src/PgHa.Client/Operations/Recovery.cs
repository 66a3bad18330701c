using System.Text.Json.Serialization;

namespace PgHa.Client.Operations;

/// <summary>Where the recovery of an interrupted operation stands.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<RecoveryState>))]
public enum RecoveryState
{
    /// <summary>It waits for an agent, for a server to settle, or for another operation.</summary>
    Waiting,

    /// <summary>Another operation takes it up.</summary>
    Running,

    /// <summary>The goal was reached.</summary>
    Completed,

    /// <summary>What had been done was undone, or nothing had been changed.</summary>
    Undone,

    /// <summary>Neither was possible, or it would have been wrong: the message says what is in force and what to do.</summary>
    Reported,
}

/// <summary>What was done about an interrupted operation.</summary>
public sealed record Recovery
{
    /// <summary>Where it stands.</summary>
    public required RecoveryState State { get; init; }

    /// <summary>In words.</summary>
    public required string Message { get; init; }

    /// <summary>The operation that takes it up, or null.</summary>
    public string? Operation { get; init; }

    /// <summary>Nothing more will be done about it.</summary>
    [JsonIgnore]
    public bool Ended => State is RecoveryState.Completed or RecoveryState.Undone or RecoveryState.Reported;
}
