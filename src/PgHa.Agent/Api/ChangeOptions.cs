using System.Globalization;
using Microsoft.AspNetCore.Http;
using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>The options every mutating call takes in its query.</summary>
/// <param name="DryRun">Answer the plan, change nothing.</param>
/// <param name="Stepwise">Wait before each step to be resumed.</param>
/// <param name="Force">The operator answers for what cannot be proven.</param>
/// <param name="Timeout">How long to wait for the effect; past it the operation goes on.</param>
/// <param name="To">The node that is to become primary.</param>
internal sealed record ChangeOptions(bool DryRun, bool Stepwise, bool Force, TimeSpan Timeout, string? To)
{
    private const int MaxTimeout = 3600;
    private const string Known = "dryRun=true|false, stepwise=true|false, force=true|false, timeout=SECONDS, to=NODE";

    /// <summary>Reads the options strictly: an option that is misspelt must not be ignored in a role change.</summary>
    internal static Answer<ChangeOptions> Read(IQueryCollection query, bool takesTarget, IReadOnlyCollection<string> nodes)
    {
        var options = new ChangeOptions(false, false, false, TimeSpan.FromSeconds(60), null);
        foreach (var (name, values) in query)
        {
            if (Apply(options, name, values.ToString(), takesTarget, nodes) is not { } applied)
                return new Refusal(Code.Invalid, $"invalid option {name}={values}",
                    takesTarget ? $"options: {Known}; nodes: {string.Join(", ", nodes)}" : $"options: {Known[..Known.LastIndexOf(',')]}");
            options = applied;
        }
        return options;
    }

    private static ChangeOptions? Apply(ChangeOptions o, string name, string value, bool takesTarget, IReadOnlyCollection<string> nodes) => name switch
    {
        "dryRun" when bool.TryParse(value, out var yes) => o with { DryRun = yes },
        "stepwise" when bool.TryParse(value, out var yes) => o with { Stepwise = yes },
        "force" when bool.TryParse(value, out var yes) => o with { Force = yes },
        "timeout" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= MaxTimeout =>
            o with { Timeout = TimeSpan.FromSeconds(seconds) },
        "to" when takesTarget && nodes.Contains(value) => o with { To = value },
        _ => null,
    };
}
