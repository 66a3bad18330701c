namespace PgHa.Client.Facts;

/// <summary>What became of a node's place before its machine goes down.</summary>
/// <param name="Node">The node.</param>
/// <param name="Outcome">What was done.</param>
/// <param name="Said">The same in a sentence, with the reason.</param>
public sealed record HandoverReport(string Node, HandoverOutcome Outcome, string Said);

/// <summary>What was done.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(SnakeCaseEnumConverter<HandoverOutcome>))]
public enum HandoverOutcome
{
    /// <summary>Nothing: the node does not hold the record, or automatic failover is paused.</summary>
    Nothing,

    /// <summary>Another node is primary.</summary>
    HandedOver,

    /// <summary>No switchover was possible: its server was shut down, and the record given up.</summary>
    GaveUp,

    /// <summary>It did not come to an end in time: the record runs out after the machine has gone down.</summary>
    NotInTime,
}
