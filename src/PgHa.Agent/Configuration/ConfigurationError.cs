namespace PgHa.Agent.Configuration;

/// <summary>One thing that is wrong with the configuration. Never contains a secret.</summary>
/// <param name="Key">The key (<c>postgres.data_dir</c>) or environment variable; empty where the file as a whole is meant.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Hint">What to do about it.</param>
/// <param name="Source">Where it was found: <c>pgha.yml:12</c>, <c>environment PGHA__LISTEN</c>, <c>default</c> or a path.</param>
public sealed record ConfigurationError(string Key, string Message, string Hint, string Source);
