namespace PgHa.Agent.Security;

/// <summary>The secret that operators and peers present as <c>Authorization: Bearer …</c>; null where none is configured.</summary>
public sealed record AccessToken(string? Value);
