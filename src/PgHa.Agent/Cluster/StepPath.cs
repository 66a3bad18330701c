namespace PgHa.Agent.Cluster;

/// <summary>Reads a step back from the call that names it: the inverse of <see cref="Step.Path"/>.</summary>
public static class StepPath
{
    /// <summary>The step, or null where the call names none.</summary>
    /// <param name="node">The node called.</param>
    /// <param name="verb">What follows <c>node/</c>.</param>
    /// <param name="query">A parameter's value, or null.</param>
    public static Step? Parse(string node, string verb, Func<string, string?> query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var options = new StepOptions(query);
        return StepForm.All.FirstOrDefault(form => form.Fits(verb, options))?.Make(node, options);
    }

    /// <summary>The first of the call's options that the step does not have, or not with that value; null where there is none.</summary>
    /// <param name="step">The step that was read from them.</param>
    /// <param name="options">What the call gives.</param>
    internal static string? Strange(Step step, IEnumerable<KeyValuePair<string, string>> options)
    {
        var meant = step.Path.Split('?', 2) is [_, var query]
            ? query.Split('&').Select(o => o.Split('=', 2)).ToDictionary(o => o[0], o => Uri.UnescapeDataString(o[1]))
            : [];
        return options.Where(o => !meant.TryGetValue(o.Key, out var value) || value != o.Value).Select(o => $"{o.Key}={o.Value}").FirstOrDefault();
    }

    /// <summary>The part of a path that names the nodes force answers for.</summary>
    internal static string Accept(IReadOnlyList<string> accepted) => accepted.Count == 0 ? "" : "&accept=" + string.Join(',', accepted);
}
