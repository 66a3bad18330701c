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
        var upstream = query("upstream");
        var accepted = query("accept")?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return (verb, query("as")) switch
        {
            ("stop", null) => new StopServer(node, query("until") == "shut-down"),
            ("start", "recovery") => new StartInRecovery(node),
            ("start", "primary") => new StartAsPrimary(node, accepted, query("primary") == "known"),
            ("start", "standby") when upstream is not null => new StartAsStandby(node, upstream),
            ("demote", null) => new Demote(node, query("force") == "true"),
            ("reinstate", null) => new Reinstate(node, accepted),
            ("promote", null) => new PromoteServer(node, accepted),
            ("follow", null) when upstream is not null => new Follow(node, upstream),
            ("complete", null) when query("source") is { } source => new CompleteWal(node, source),
            ("bring", null) when upstream is not null => new BringWal(node, upstream),
            ("replay", null) => new ReplayWal(node),
            ("check-init", null) => new CheckCreate(node),
            ("init", null) => new CreateCluster(node, accepted),
            ("check-clone", null) when query("source") is { } source => new CheckClone(node, source),
            ("clone", null) when query("source") is { } source => new CloneFrom(node, source),
            ("check-rewind", null) when query("source") is { } source => new CheckRewind(node, source),
            ("check-reclone", null) when query("source") is { } source => new CheckReclone(node, source),
            ("salvage", null) when query("source") is { } source => new SalvageWal(node, source),
            ("rewind", null) when query("source") is { } source => new RewindServer(node, source),
            ("reclone", null) when query("source") is { } source => new RecloneServer(node, source),
            ("level", null) when query("source") is { } source => new BringLevel(node, source, accepted),
            ("place-slots", null) when query("source") is { } source => new PlaceSlots(node, source),
            ("level-slots", null) when query("source") is { } source => new LevelSlots(node, source),
            ("hand-over", null) when query("successor") is { } successor => new HandOver(node, successor, query("unlogged") == "accept", accepted),
            ("take-over", null) when query("source") is { } source => new TakeOver(node, source, accepted),
            ("follow-or-reclone", null) when upstream is not null => new FollowOrReclone(node, upstream),
            ("discard-old", null) => new DiscardOld(node),
            ("check", null) => upstream is null ? new CheckRecovery(node) : new CheckUpstream(node, upstream),
            ("sync", null) when query("names") is { } names => new SetSync(node, names, query("later")),
            ("checkpoint", null) => new WriteCheckpoint(node),
            _ => null,
        };
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
