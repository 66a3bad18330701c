using System.Diagnostics.CodeAnalysis;

namespace PgHa.Agent.Configuration;

/// <summary>Loads the agent's configuration: the file, then the environment over it, then the defaults.</summary>
public static class ConfigurationLoader
{
    /// <summary>The file that is read where no other is named.</summary>
    public const string DefaultFile = "/etc/pgha/pgha.yml";

    private const int Largest = 1 << 20;

    /// <summary>Reads and validates. Everything wrong is in the result; nothing is thrown.</summary>
    /// <param name="file">The YAML file.</param>
    /// <param name="environment">The process's environment; only <c>PGHA__…</c> matters.</param>
    public static ConfigurationResult Load(string file, IReadOnlyDictionary<string, string> environment) =>
        BoundedFile.Read(file, Largest, out var text) is { } unreadable
            ? ConfigurationResult.Invalid([new("", unreadable.Message, $"{unreadable.Hint} (--config FILE, default {DefaultFile})", file)])
            : Parse(text, Path.GetFileName(file), environment);

    internal static ConfigurationResult Parse(string text, string fileName, IReadOnlyDictionary<string, string> environment)
    {
        var raw = YamlReader.Read(text, fileName);
        if (raw.IsBroken)
            return ConfigurationResult.Invalid(raw.Errors);
        EnvironmentOverrides.Apply(raw, environment);
        var settings = new SettingsReader(raw);
        return new AgentOptionsReader(raw, settings).Read() is { } options
            ? ConfigurationResult.Valid(options, settings.InForce)
            : ConfigurationResult.Invalid(raw.Errors);
    }
}

/// <summary>Either the options with every setting in force, or all errors that were found.</summary>
public sealed record ConfigurationResult
{
    private ConfigurationResult() { }

    /// <summary>The options; null if there are errors.</summary>
    public AgentOptions? Options { get; private init; }

    /// <summary>What is in force and where each value came from; empty if there are errors.</summary>
    public IReadOnlyList<Setting> Settings { get; private init; } = [];

    /// <summary>All errors found; empty if there are options.</summary>
    public IReadOnlyList<ConfigurationError> Errors { get; private init; } = [];

    /// <summary>Whether there are options.</summary>
    [MemberNotNullWhen(true, nameof(Options))]
    public bool IsValid => Options is not null;

    internal static ConfigurationResult Valid(AgentOptions options, IReadOnlyList<Setting> settings) =>
        new() { Options = options, Settings = settings };

    internal static ConfigurationResult Invalid(IReadOnlyList<ConfigurationError> errors) => new() { Errors = errors };
}

/// <summary>One thing that is wrong with the configuration. Never contains a secret.</summary>
/// <param name="Key">The key (<c>postgres.data_dir</c>) or environment variable; empty if the file as a whole is meant.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Hint">What to do about it.</param>
/// <param name="Source">Where it was found: <c>pgha.yml:12</c>, <c>environment PGHA__LISTEN</c>, <c>default</c> or a path.</param>
public sealed record ConfigurationError(string Key, string Message, string Hint, string Source);

/// <summary>A value in force and where it came from. No key holds a secret: secrets stay in the files that keys name.</summary>
/// <param name="Key">The key, as <c>postgres.data_dir</c>.</param>
/// <param name="Value">The value in force; in parentheses what happens where none is set.</param>
/// <param name="Source"><c>pgha.yml:12</c>, <c>environment PGHA__POSTGRES__DATA_DIR</c> or <c>default</c>.</param>
public sealed record Setting(string Key, string Value, string Source);

/// <summary>What is wrong with a value and what to do about it, before it is known where the value came from.</summary>
public sealed record Complaint(string Message, string Hint);
