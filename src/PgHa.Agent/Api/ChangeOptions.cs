using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>The options every mutating call takes in its query.</summary>
/// <param name="DryRun">Answer the plan, change nothing.</param>
/// <param name="Stepwise">Wait before each step to be resumed.</param>
/// <param name="Force">The operator answers for what cannot be proven.</param>
/// <param name="Timeout">How long to wait for the effect; past it the operation goes on.</param>
/// <param name="Own">What was given of the call's own options, such as <c>to</c>.</param>
internal sealed record ChangeOptions(bool DryRun, bool Stepwise, bool Force, TimeSpan Timeout, ImmutableDictionary<string, string> Own)
{
    private const int MaxTimeout = 3600;
    private const string Known = "dryRun=true|false, stepwise=true|false, force=true|false, timeout=SECONDS";

    /// <summary>One of the call's own options; null if it was not given.</summary>
    internal string? this[string name] => Own.GetValueOrDefault(name);

    /// <summary>Reads the options strictly: an option that is misspelt must not be ignored in a role change.</summary>
    /// <param name="query">What the caller wrote.</param>
    /// <param name="own">The options that only this call takes, with their values.</param>
    internal static Answer<ChangeOptions> Read(IQueryCollection query, IReadOnlyDictionary<string, IReadOnlyCollection<string>> own)
    {
        var options = new ChangeOptions(false, false, false, TimeSpan.FromSeconds(60), ImmutableDictionary<string, string>.Empty);
        foreach (var (name, values) in query)
        {
            if (Apply(options, name, values.ToString(), own) is not { } applied)
                return new Refusal(Code.Invalid, $"invalid option {name}={values}",
                    $"options: {string.Join(", ", own.Select(o => $"{o.Key}={string.Join('|', o.Value)}").Prepend(Known))}");
            options = applied;
        }
        return options;
    }

    private static ChangeOptions? Apply(ChangeOptions o, string name, string value, IReadOnlyDictionary<string, IReadOnlyCollection<string>> own) => name switch
    {
        "dryRun" when bool.TryParse(value, out var yes) => o with { DryRun = yes },
        "stepwise" when bool.TryParse(value, out var yes) => o with { Stepwise = yes },
        "force" when bool.TryParse(value, out var yes) => o with { Force = yes },
        "timeout" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= MaxTimeout =>
            o with { Timeout = TimeSpan.FromSeconds(seconds) },
        _ when own.TryGetValue(name, out var values) && values.Contains(value) => o with { Own = o.Own.SetItem(name, value) },
        _ => null,
    };
}
