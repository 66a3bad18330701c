namespace PgHa.Agent.Configuration;

/// <summary>What is wrong with a value and what to do about it, before it is known where the value came from.</summary>
internal sealed record Complaint(string Message, string Hint);
