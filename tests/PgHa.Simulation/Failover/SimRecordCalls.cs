using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;

namespace PgHa.Simulation;

/// <summary>An operator makes the record of an etcd again that was emptied or restored: the real rules, of what a simulated node sees. Nobody is answered for.</summary>
internal sealed class SimRecordCalls(SimAgent agent, SimEtcd etcd)
{
    private readonly World _world = agent.Machine.Field.World;

    internal async Task RecreateAsync()
    {
        var within = agent.Options.Failover.D / 6;
        var found = await etcd.AskAsync<RecordFound?>(agent, within, Find, _ => null, CancellationToken.None);
        if (found is null)
            return;
        var answer = await agent.Failover!.Tenure.LookAsync(CancellationToken.None);
        var view = await agent.Cluster.ObserveAsync(fresh: true, CancellationToken.None);
        var plan = RecordRules.Recreate(new(agent.Machine.Name, view, answer, found, new Dictionary<string, ServerSign>()), []);
        _world.Trace.Add(_world, agent.Machine.Name, $"record recreate: {(plan.IsOk ? $"epoch {plan.Value.Epoch}" : plan.Refusal.ToString())}");
        if (plan.IsOk)
            await etcd.AskAsync(agent, within, () => Write(found, plan.Value), _ => false, CancellationToken.None);
    }

    private RecordFound Find() => new(etcd.Records.Id, etcd.Records.Revision, etcd.Records.Read() is RecordAnswer.Stands { Record: var record } ? record : null);

    private bool Write(RecordFound found, RecordPlan plan)
    {
        if (found.Etcd != etcd.Records.Id || etcd.Records.Swap(Record(found, plan), found.Revision) is not RecordAnswer.Swapped)
            return false;
        etcd.Recreated();
        return true;
    }

    private PrimaryRecord Record(RecordFound found, RecordPlan plan) => new()
    {
        Node = plan.Node,
        Epoch = plan.Epoch,
        Boot = "none",
        Run = "an operator",
        Counter = 1,
        DMilliseconds = (int)agent.Options.Failover.D.TotalMilliseconds,
        Since = agent.Process.Time.GetUtcNow(),
        Timeline = plan.Timeline,
        Released = true,
        MadeAnewIn = found.Etcd,
    };
}
