namespace PgHa.Client.Operations;

/// <summary>What an agent found when it read its configuration again.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Changed">The keys that have other values than it began with: it begins anew with them. Empty: it goes on as it is.</param>
public sealed record ConfigurationChange(string Node, IReadOnlyList<string> Changed);
