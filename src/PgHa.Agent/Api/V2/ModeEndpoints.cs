using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Cluster;
using PgHa.Agent.Succession;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V2;

/// <summary>From automatic mode to manual mode and back, without a stop of PostgreSQL.</summary>
internal static class ModeEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var cluster = routes.MapGroup(Routes.V2 + "/cluster");
        cluster.MapPost("manual", (Delegate)((HttpContext http) => ChangeAsync(http, ToManualAsync))).Says("End automatic mode without a stop of PostgreSQL").GivesNothing();
        cluster.MapPost("automatic", (Delegate)((HttpContext http) => ChangeAsync(http, ToAutomaticAsync))).Says("Return to automatic mode").GivesNothing();
    }

    private static async Task<IResult> ChangeAsync(HttpContext http, Func<Tenure, ClusterView, CancellationToken, Task<Refusal?>> change)
    {
        if (http.RequestServices.GetService<Tenure>() is not { } tenure)
            return Answers.Refuse(FailoverEndpoints.Manual);
        var view = await http.RequestServices.GetRequiredService<ClusterObserver>().ObserveAsync(fresh: true, http.RequestAborted);
        return await change(tenure, view, http.RequestAborted) is { } refusal ? Answers.Refuse(refusal) : Results.NoContent();
    }

    private static async Task<Refusal?> ToManualAsync(Tenure tenure, ClusterView view, CancellationToken cancel)
    {
        if (tenure.IsHeld)
            return ModeRules.RefuseManual(view) ?? await tenure.EndForManualAsync(cancel);
        await tenure.LookAsync(cancel);
        if (tenure.Sight is { Record.Manual: true })
            return await tenure.ReturnAsync(returns: false, cancel);
        if (tenure.Sight is { } own && tenure.IsOwn(own.Record))
            return new(Code.WrongState,
                $"the record is this node's, and could not be renewed in time: {tenure.Problem ?? "it goes on with it, or its guard ends the server"}", "look at v2/cluster/explain, then repeat the call");
        return new(Code.WrongState,
            $"this node does not hold the record{(tenure.Sight is { } sight ? $", {sight.Record.Node} holds it, or held it last" : "")}",
            $"POST v2/cluster/manual on {tenure.Sight?.Record.Node ?? "the primary"}, while it serves");
    }

    private static async Task<Refusal?> ToAutomaticAsync(Tenure tenure, ClusterView view, CancellationToken cancel)
    {
        await tenure.LookAsync(cancel);
        return Tenure.IsByHand(tenure.Sight?.Record) ? ModeRules.RefuseAutomatic(view) ?? await tenure.ReturnAsync(returns: true, cancel) : null;
    }
}
