using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Requests as the journal keeps them, and back. The words are part of the journal's format: they do not follow the code.</summary>
public static class RequestForm
{
    /// <summary>The flat form of a request.</summary>
    public static OperationRequest Write(ChangeRequest request) => request switch
    {
        StartNode => Form(request, "start-node"),
        StartPrimary => Form(request, "start-primary"),
        StartStandby r => Form(request, "start-standby") with { Form = r.Rejoin is { } how ? how == RejoinForm.Rewind ? "rewind" : "reclone" : null },
        StartAll => Form(request, "start-all"),
        Failover r => Form(request, "failover") with { To = r.To, Form = r.Form == FailoverForm.Restart ? "restart" : "promote" },
        Switchover r => Form(request, "switchover") with { To = r.To, Order = Word(r.Order), Form = r.By == SwitchoverForm.Promote ? r.AcceptUnlogged ? "promote-unlogged" : "promote" : null },
        InitData => Form(request, "init-data"),
        CloneData r => Form(request, "clone-data") with { To = r.From },
        RestartForSlots => Form(request, "restart-for-slots"),
        UndoDemotion r => Form(request, "undo-demotion") with { Nodes = r.Demoted, Form = r.Starts ? "start" : null },
        StopNode => Form(request, "stop-node"),
        StopPrimary => Form(request, "stop-primary"),
        StopStandbys => Form(request, "stop-standbys"),
        StopAll r => Form(request, "stop-all") with { Order = Word(r.Order) },
        _ => throw new System.Diagnostics.UnreachableException(request?.ToString()),
    };

    /// <summary>The request; null where this version does not know it.</summary>
    public static ChangeRequest? Read(OperationRequest? form) => form is null ? null : (ChangeRequest?)(form.Verb switch
    {
        "start-node" => new StartNode(form.Node),
        "start-primary" => new StartPrimary(form.Node),
        "start-standby" => new StartStandby(form.Node, form.Form is { } how ? how == "rewind" ? RejoinForm.Rewind : RejoinForm.Reclone : null),
        "start-all" => new StartAll(form.Node),
        "failover" => new Failover(form.Node, form.Form == "restart" ? FailoverForm.Restart : FailoverForm.Promote, form.To),
        "switchover" => new Switchover(form.Node, Order(form), form.To)
        {
            By = form.Form is null ? SwitchoverForm.Restart : SwitchoverForm.Promote,
            AcceptUnlogged = form.Form == "promote-unlogged",
        },
        "init-data" => new InitData(form.Node),
        "clone-data" => new CloneData(form.Node, form.To),
        "restart-for-slots" => new RestartForSlots(form.Node),
        "undo-demotion" => new UndoDemotion(form.Node, form.Nodes, form.Form == "start"),
        "stop-node" => new StopNode(form.Node),
        "stop-primary" => new StopPrimary(form.Node),
        "stop-standbys" => new StopStandbys(form.Node),
        "stop-all" => new StopAll(form.Node, Order(form)),
        _ => null,
    }) is { } request ? request with { Force = form.Force, Answered = form.Answered, Resumed = form.Resumed } : null;

    private static OperationRequest Form(ChangeRequest request, string verb) => new()
    {
        Verb = verb,
        Node = request.Called,
        Force = request.Force,
        Answered = request.Answered,
        Resumed = request.Resumed,
    };

    private static string Word(StopOrder order) => order == StopOrder.PrimaryFirst ? "primary-first" : "standbys-first";

    private static StopOrder Order(OperationRequest form) => form.Order == "primary-first" ? StopOrder.PrimaryFirst : StopOrder.StandbysFirst;
}
