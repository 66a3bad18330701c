using PgHa.Client.Operations;

namespace PgHa.Agent.Cluster;

/// <summary>A step as it is called: <c>POST v2/node/VERB?OPTIONS</c>. The one row by which a kind of step is known to the API, its hint and the documents.</summary>
/// <param name="Verb">What follows <c>node/</c>.</param>
/// <param name="Options">Its options as an operator types them: <c>name=value</c> where it must be there, <c>[name=value]</c> where it may be.</param>
/// <param name="Make">The step from its node and its options.</param>
public sealed record StepForm(string Verb, string Options, Func<string, StepOptions, Step> Make)
{
    /// <summary>All steps there are.</summary>
    public static IReadOnlyList<StepForm> All { get; } =
    [
        new("stop", "[until=shut-down]", (node, o) => new StopServer(node, o["until"] == "shut-down")),
        new("start", "as=primary [accept=NODES] [primary=known]", (node, o) => new StartAsPrimary(node, o.Accepted, o["primary"] == "known")),
        new("start", "as=standby upstream=NODE", (node, o) => new StartAsStandby(node, o["upstream"]!)),
        new("start", "as=recovery", (node, _) => new StartInRecovery(node)),
        new("demote", "[force=true]", (node, o) => new Demote(node, o["force"] == "true")),
        new("reinstate", "[accept=NODES]", (node, o) => new Reinstate(node, o.Accepted)),
        new("promote", "[accept=NODES]", (node, o) => new PromoteServer(node, o.Accepted)),
        new("follow", "upstream=NODE", (node, o) => new Follow(node, o["upstream"]!)),
        new("follow-or-reclone", "upstream=NODE", (node, o) => new FollowOrReclone(node, o["upstream"]!)),
        new("complete", "source=NODE", (node, o) => new CompleteWal(node, o["source"]!)),
        new("bring", "upstream=NODE", (node, o) => new BringWal(node, o["upstream"]!)),
        new("replay", "", (node, _) => new ReplayWal(node)),
        new("checkpoint", "", (node, _) => new WriteCheckpoint(node)),
        new("reload", "", (node, _) => new ReloadSettings(node)),
        new("level", "source=NODE [accept=NODES]", (node, o) => new BringLevel(node, o["source"]!, o.Accepted)),
        new("hand-over", "successor=NODE [unlogged=accept] [accept=NODES]", (node, o) => new HandOver(node, o["successor"]!, o["unlogged"] == "accept", o.Accepted)),
        new("take-over", "source=NODE [accept=NODES]", (node, o) => new TakeOver(node, o["source"]!, o.Accepted)),
        new("sync", "names=SETTING [later=SETTING]", (node, o) => new SetSync(node, o["names"]!, o["later"])),
        new("set", "settings=SETTINGS", (node, o) => new SetSettings(node, o["settings"]!)),
        new("place-slots", "source=NODE", (node, o) => new PlaceSlots(node, o["source"]!)),
        new("copy-slots", "source=NODE", (node, o) => new CopySlots(node, o["source"]!)),
        new("level-slots", "source=NODE", (node, o) => new LevelSlots(node, o["source"]!)),
        new("salvage", "source=NODE [earlier=given-up]", (node, o) => new SalvageWal(node, o["source"]!, o["earlier"] == "given-up")),
        new("rewind", "source=NODE", (node, o) => new RewindServer(node, o["source"]!)),
        new("reclone", "source=NODE", (node, o) => new RecloneServer(node, o["source"]!)),
        new("discard-old", "", (node, _) => new DiscardOld(node)),
        new("init", "[accept=NODES]", (node, o) => new CreateCluster(node, o.Accepted)),
        new("clone", "source=NODE", (node, o) => new CloneFrom(node, o["source"]!)),
        new("check", "upstream=NODE", (node, o) => new CheckUpstream(node, o["upstream"]!)),
        new("check", "", (node, _) => new CheckRecovery(node)),
        new("check-archive", "upstream=NODE", (node, o) => new CheckArchive(node, o["upstream"]!)),
        new("check-role", "upstream=NODE", (node, o) => new CheckRole(node, o["upstream"]!)),
        new("check-rewind", "source=NODE", (node, o) => new CheckRewind(node, o["source"]!)),
        new("check-reclone", "source=NODE", (node, o) => new CheckReclone(node, o["source"]!)),
        new("check-init", "", (node, _) => new CheckCreate(node)),
        new("check-clone", "source=NODE", (node, o) => new CheckClone(node, o["source"]!)),
    ];

    /// <summary>As an operator types it.</summary>
    public override string ToString() => Options.Length == 0 ? Verb : $"{Verb} {Options}";

    /// <summary>Whether a call names this step: its verb, and all options that must be there.</summary>
    internal bool Fits(string verb, StepOptions options) =>
        verb == Verb && Needed.All(o => options[o.Name] is { } value && MayBe(o.Value, value)) && (options["as"] is null || Needed.Any(o => o.Name == "as"));

    private static bool MayBe(string form, string value) => form switch
    {
        "NODE" or "NODES" or "SETTING" => true,
        "SETTINGS" => SettingChange.Parse(value).IsOk,
        _ => form == value,
    };

    private IEnumerable<(string Name, string Value)> Needed => Options.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Where(o => o[0] != '[').Select(o => o.Split('=')).Select(o => (o[0], o[1]));
}

/// <summary>The options of a call.</summary>
/// <param name="query">A parameter's value, or null.</param>
public sealed class StepOptions(Func<string, string?> query)
{
    /// <summary>The option of that name; null where it is not given.</summary>
    public string? this[string name] => query(name);

    /// <summary>The nodes that force answers for.</summary>
    public IReadOnlyList<string> Accepted => query("accept")?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];
}
