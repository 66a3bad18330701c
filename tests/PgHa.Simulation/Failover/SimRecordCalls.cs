using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;

namespace PgHa.Simulation;

/// <summary>An operator makes the record of an etcd again that was emptied or restored: the real rules, of what a simulated node sees. Nobody is answered for.</summary>
internal sealed class SimRecordCalls(SimAgent agent)
{
    /// <summary>No boot of a machine has that name: nobody holds the record.</summary>
    internal const string NoBoot = "none";

    private readonly World _world = agent.Machine.Field.World;

    internal async Task RecreateAsync()
    {
        var (within, records) = (agent.Options.Failover.D / 6, agent.Failover!.Records);
        var found = await records.FindAsync(within, CancellationToken.None);
        if (!found.IsOk)
            return;
        var answer = await agent.Failover.Tenure.LookAsync(CancellationToken.None);
        var view = await agent.Cluster.ObserveAsync(fresh: true, CancellationToken.None);
        var plan = RecordRules.Recreate(new(agent.Machine.Name, view, answer, found.Value, new Dictionary<string, ServerSign>()), []);
        _world.Trace.Add(_world, agent.Machine.Name, $"record recreate: {(plan.IsOk ? $"epoch {plan.Value.Epoch}" : plan.Refusal.ToString())}");
        if (plan.IsOk)
            await records.ReplaceAsync(found.Value, Record(found.Value, plan.Value), plan.Value.Sync, within, CancellationToken.None);
    }

    private PrimaryRecord Record(RecordFound found, RecordPlan plan) => new()
    {
        Node = plan.Node,
        Epoch = plan.Epoch,
        Boot = NoBoot,
        Run = "an operator",
        Counter = 1,
        DMilliseconds = (int)agent.Options.Failover.D.TotalMilliseconds,
        Since = agent.Process.Time.GetUtcNow(),
        Timeline = plan.Timeline,
        Released = true,
        MadeAnewIn = found.Etcd,
    };
}
