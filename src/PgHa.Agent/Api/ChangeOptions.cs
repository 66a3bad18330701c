using System.Globalization;
using Microsoft.AspNetCore.Http;
using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>The options every mutating call takes in its query.</summary>
/// <param name="DryRun">Answer the plan, change nothing.</param>
/// <param name="Force">The operator answers for what cannot be proven.</param>
/// <param name="Timeout">How long to wait for the effect; past it the operation goes on.</param>
/// <param name="Node">The node named by the call's own option: <c>to</c> (is to become primary) or <c>from</c> (is copied).</param>
internal sealed record ChangeOptions(bool DryRun, bool Force, TimeSpan Timeout, string? Node)
{
    private const int MaxTimeout = 3600;
    private const string Known = "dryRun=true|false, force=true|false, timeout=SECONDS";

    /// <summary>Reads the options strictly: an option that is misspelt must not be ignored in a role change.</summary>
    /// <param name="query">What the caller wrote.</param>
    /// <param name="nodeOption">The option that names a node; null where the call takes none.</param>
    /// <param name="nodes">The names it may have.</param>
    internal static Answer<ChangeOptions> Read(IQueryCollection query, string? nodeOption, IReadOnlyCollection<string> nodes)
    {
        var options = new ChangeOptions(false, false, TimeSpan.FromSeconds(60), null);
        foreach (var (name, values) in query)
        {
            if (Apply(options, name, values.ToString(), nodeOption, nodes) is not { } applied)
                return new Refusal(Code.Invalid, $"invalid option {name}={values}",
                    nodeOption is null ? $"options: {Known}" : $"options: {Known}, {nodeOption}=NODE; nodes: {string.Join(", ", nodes)}");
            options = applied;
        }
        return options;
    }

    private static ChangeOptions? Apply(ChangeOptions o, string name, string value, string? nodeOption, IReadOnlyCollection<string> nodes) => name switch
    {
        "dryRun" when bool.TryParse(value, out var yes) => o with { DryRun = yes },
        "force" when bool.TryParse(value, out var yes) => o with { Force = yes },
        "timeout" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= MaxTimeout =>
            o with { Timeout = TimeSpan.FromSeconds(seconds) },
        _ when name == nodeOption && nodes.Contains(value) => o with { Node = value },
        _ => null,
    };
}
