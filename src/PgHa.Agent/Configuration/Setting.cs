namespace PgHa.Agent.Configuration;

/// <summary>A value in force and where it came from. No key holds a secret: secrets stay in the files that keys name.</summary>
/// <param name="Key">The key, as <c>postgres.data_dir</c>.</param>
/// <param name="Value">The value in force; in parentheses what happens where none is set.</param>
/// <param name="Source"><c>pgha.yml:12</c>, <c>environment PGHA__POSTGRES__DATA_DIR</c> or <c>default</c>.</param>
public sealed record Setting(string Key, string Value, string Source);
