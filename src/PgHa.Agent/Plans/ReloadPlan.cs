using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Running servers read their settings again, all at once.</summary>
public static class ReloadPlan
{
    /// <summary>The plan. Nodes that are down read them at their next start anyway.</summary>
    public static Answer<Draft> For(Reload request, Mandate mandate, PlanFacts facts)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(mandate);
        ArgumentNullException.ThrowIfNull(facts);
        NodeObservation[] asked = request.All ? [.. facts.View.Nodes] : [facts.View[request.Called]];
        if (asked.FirstOrDefault(n => n.State == NodeState.Unknown && !n.Ending && mandate.Assure([n]).Count == 0) is { } unknown)
            return request.All ? StartPlan.Unknown(unknown) with { Hint = $"reload the others one by one, or leave {unknown.Node} out with force=true" } : StartPlan.Unknown(unknown);
        var running = asked.Where(n => n is { Server: ServerStatus.Running, Down: false }).Select(n => n.Node).ToArray();
        return !request.All && running.Length == 0
            ? new Refusal(Code.WrongState, $"{request.Called} does not run: it reads its settings at its start", $"POST instance/current on {request.Called} starts it")
            : new Draft(request.Words)
            {
                Stages = running.Length == 0 ? [] : [[.. running.Select(n => new ReloadSettings(n))]],
                Evidence = running.Length == 0 ? [new NoServerRuns()] : [],
                Overrides = [.. asked.Where(n => n.State == NodeState.Unknown && !n.Ending).Select(n => $"{n.Node} is unknown and left out")],
            };
    }
}
