using System.Text.Json.Serialization;

namespace PgHa.Client.Operations;

/// <summary>Where an operation stands.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<OperationState>))]
public enum OperationState
{
    /// <summary>Its steps are being carried out.</summary>
    Running,

    /// <summary>Stepwise: it waits before a step for <c>operations/{id}/resume</c>.</summary>
    Waiting,

    /// <summary>Its goal was reached and seen on every node concerned.</summary>
    Done,

    /// <summary>A step failed and nothing, or everything, was undone; see the failure.</summary>
    Failed,

    /// <summary>A step failed and what had been done was undone.</summary>
    Undone,

    /// <summary>Its agent ended, or another one it needs was lost, while it ran; see the recovery.</summary>
    Interrupted,
}
