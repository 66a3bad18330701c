using System.Diagnostics.CodeAnalysis;

namespace PgHa.Agent.Configuration;

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
