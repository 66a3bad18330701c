using System.Text.Json.Serialization;

namespace PgHa.Client.Operations;

/// <summary>Where an operation stands.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<OperationState>))]
public enum OperationState
{
    /// <summary>Its steps are being carried out.</summary>
    Running,

    /// <summary>Its goal was reached and seen on every node concerned.</summary>
    Done,

    /// <summary>A step failed and nothing, or everything, was undone; see the failure.</summary>
    Failed,

    /// <summary>A step failed and what had been done was undone.</summary>
    Undone,

    /// <summary>The agent stopped while it ran.</summary>
    Interrupted,
}
