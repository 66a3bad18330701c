namespace PgHa.Agent.Plans;

public sealed partial record RequestForm
{
    /// <summary>All requests there are.</summary>
    public static IReadOnlyList<RequestForm> All { get; } =
    [
        Row("start-node", StartPlan.ForNode, kept => new StartNode(kept.Node),
            new("POST instance/current", (node, _) => new StartNode(node)),
            new("POST v2/cluster/start target=NODE", (_, o) => new StartNode(o("target")!))),
        Row("start-primary", StartPlan.ForPrimary, kept => new StartPrimary(kept.Node),
            new("POST instance/master", (node, _) => new StartPrimary(node)),
            new("POST v2/cluster/start target=NODE by=primary", (_, o) => new StartPrimary(o("target")!))),
        Row("start-standby", StandbyPlan.For, (r, kept) => kept with { Form = Word(r.Rejoin) }, kept => new StartStandby(kept.Node, Rejoin(kept.Form)),
            new("POST instance/slave [rejoin=rewind|reclone]", (node, o) => new StartStandby(node, Rejoin(o("rejoin")))),
            new("POST v2/cluster/rejoin [target=NODE] [by=rewind|reclone]", (node, o) => new StartStandby(o("target") ?? node, Rejoin(o("by"))))),
        Row("start-all", StartAllPlan.For, kept => new StartAll(kept.Node),
            new("POST instance/all", (node, _) => new StartAll(node)),
            new("POST instance/all/masterSlave", (node, _) => new StartAll(node)),
            new("POST v2/cluster/start", (node, _) => new StartAll(node))),
        Row("failover", FailoverPlan.For, (r, kept) => kept with { To = r.To, Form = Word(r.Form) }, kept => new Failover(kept.Node, Failing(kept.Form), kept.To),
            new("POST instance/failover/restart [to=NODE]", (node, o) => new Failover(node, FailoverForm.Restart, o("to"))),
            new("POST instance/failover/promote [to=NODE]", (node, o) => new Failover(node, FailoverForm.Promote, o("to"))),
            new("POST node/promote", (node, _) => new Failover(node, FailoverForm.Promote)),
            new("POST v2/cluster/failover [target=NODE] [by=promote|restart]", (node, o) => new Failover(node, Failing(o("by")), o("target")))),
        Row("switchover", SwitchoverPlan.For,
            (r, kept) => kept with { To = r.To, Order = Word(r.Order), Form = r.By == SwitchoverForm.Restart ? null : r.AcceptUnlogged ? "promote-unlogged" : "promote" },
            kept => By(new Switchover(kept.Node, Order(kept.Order), kept.To), promotes: kept.Form is not null, kept.Form == "promote-unlogged"),
            new("POST instance/switchover/masterSlave [to=NODE] [by=restart|promote] [unlogged=accept]",
                (node, o) => By(new Switchover(node, StopOrder.PrimaryFirst, o("to")), promotes: o("by") == "promote", o("unlogged") == "accept")),
            new("POST instance/switchover/slaveMaster [to=NODE]", (node, o) => new Switchover(node, StopOrder.StandbysFirst, o("to"))),
            new("POST v2/cluster/switchover [target=NODE] [order=primary_first|standbys_first] [by=promote|restart] [unlogged=accept]",
                (node, o) => By(new Switchover(node, Order(o("order") ?? "primary_first"), o("target")), promotes: o("by") != "restart", o("unlogged") == "accept"))),
        Row("stop-node", StopPlan.ForNode, (r, kept) => kept with { Form = r.WithMachine ? "with-machine" : null }, kept => new StopNode(kept.Node, kept.Form == "with-machine"),
            new("DELETE instance/current", (node, _) => new StopNode(node)),
            new("POST v2/cluster/stop target=NODE", (_, o) => new StopNode(o("target")!))),
        Row("stop-primary", StopPlan.ForPrimary, kept => new StopPrimary(kept.Node),
            new RequestCall("DELETE instance/master", (node, _) => new StopPrimary(node))),
        Row("stop-standbys", StopPlan.ForStandbys, kept => new StopStandbys(kept.Node),
            new RequestCall("DELETE instance/slave", (node, _) => new StopStandbys(node))),
        Row("stop-all", StopPlan.ForAll, (r, kept) => kept with { Order = Word(r.Order) }, kept => new StopAll(kept.Node, Order(kept.Order)),
            new("DELETE instance/all", (node, _) => new StopAll(node, StopOrder.StandbysFirst)),
            new("DELETE instance/slaveMaster", (node, _) => new StopAll(node, StopOrder.StandbysFirst)),
            new("DELETE instance/masterSlave", (node, _) => new StopAll(node, StopOrder.PrimaryFirst)),
            new("POST v2/cluster/stop [order=primary_first|standbys_first]", (node, o) => new StopAll(node, Order(o("order"))))),
        Row("init-data", InitDataPlan.For, kept => new InitData(kept.Node),
            new("POST data/init", (node, _) => new InitData(node)),
            new("POST v2/cluster/init [target=NODE]", (node, o) => new InitData(o("target") ?? node))),
        Row("clone-data", CloneDataPlan.For, (r, kept) => kept with { To = r.From }, kept => new CloneData(kept.Node, kept.To),
            new("POST data/clone [from=NODE]", (node, o) => new CloneData(node, o("from"))),
            new("POST v2/cluster/clone [target=NODE] [from=NODE]", (node, o) => new CloneData(o("target") ?? node, o("from")))),
        Row("restart-node", RestartNodePlan.For, kept => new RestartNode(kept.Node),
            new RequestCall("POST v2/cluster/restart [target=NODE]", (node, o) => new RestartNode(o("target") ?? node))),
        Row("reload", ReloadPlan.For, (r, kept) => kept with { Form = r.All ? "all" : null }, kept => new Reload(kept.Node, kept.Form == "all"),
            new RequestCall("POST v2/cluster/reload [target=NODE]", (node, o) => o("target") is { } target ? new Reload(target) : new Reload(node, All: true))),
        Row("set", ChangeSettingsPlan.For, (r, kept) => kept with { Settings = r.Settings, Form = r.Restarts ? "restart" : null }, kept => new ChangeSettings(kept.Node, kept.Settings ?? "", kept.Form == "restart"),
            new RequestCall("POST v2/cluster/set settings=SETTINGS [target=NODE] [by=reload|restart]", (node, o) => new ChangeSettings(o("target") ?? node, o("settings") ?? "", o("by") == "restart"))),
        Row("restart-for-slots", RestartPlan.For, kept => new RestartForSlots(kept.Node)),
        Row("undo-demotion", DemotionRules.For, (r, kept) => kept with { Nodes = r.Demoted, Form = r.Starts ? "start" : null, To = r.Upstream },
            kept => new UndoDemotion(kept.Node, kept.Nodes, kept.Form == "start", kept.To)),
    ];

    private static string Word(StopOrder order) => order == StopOrder.PrimaryFirst ? "primary-first" : "standbys-first";

    private static string Word(FailoverForm form) => form == FailoverForm.Restart ? "restart" : "promote";

    private static string? Word(RejoinForm? form) => form switch
    {
        null => null,
        RejoinForm.Rewind => "rewind",
        _ => "reclone",
    };

    private static StopOrder Order(string? word) => word is "primary-first" or "primary_first" ? StopOrder.PrimaryFirst : StopOrder.StandbysFirst;

    /// <summary>By restart no unlogged table is emptied.</summary>
    private static Switchover By(Switchover request, bool promotes, bool unlogged) =>
        request with { By = promotes ? SwitchoverForm.Promote : SwitchoverForm.Restart, AcceptUnlogged = promotes && unlogged };

    private static FailoverForm Failing(string? word) => word == "restart" ? FailoverForm.Restart : FailoverForm.Promote;

    private static RejoinForm? Rejoin(string? word) => word is null ? null : word == "rewind" ? RejoinForm.Rewind : RejoinForm.Reclone;
}
