using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Simulation;

/// <summary>
/// etcd, as agents see it: one linearizable store, and a way there on which questions and answers are lost, late, and doubled. What it was asked
/// for may be done long after nobody waits for it any more.
/// </summary>
internal sealed class SimEtcd(Field field)
{
    /// <summary>Its name, where a link to it is cut.</summary>
    internal const string Name = "etcd";

    private const int Hedge = 3; // the second endpoint is asked after a third of the time

    private bool _isAway;

    internal SimRecords Records { get; } = new();

    internal List<HistoryEntry> History { get; } = [];

    /// <summary>Why automatic failover is paused; empty: it is not.</summary>
    internal string Paused { get; set; } = "";

    /// <summary>The nodes that are paused by themselves.</summary>
    internal List<string> PausedNodes { get; } = [];

    /// <summary>A person has asked for manual mode, and not gone back to automatic mode yet.</summary>
    internal bool IsManual { get; private set; }

    /// <summary>A person hands the cluster to manual mode, and goes back later, until it is done.</summary>
    internal void HandOver(int back)
    {
        if (IsManual)
            return;
        IsManual = true;
        foreach (var machine in field.Machines)
            Ask(machine, tenure => tenure.IsHeld ? tenure.EndForManualAsync(CancellationToken.None) : Task.FromResult<Refusal?>(null));
        field.Later(back, () => Return(0));
    }

    private void Return(int asked)
    {
        if (Records.Read() is not RecordAnswer.Stands { Record: { Manual: true, Returns: false } })
            IsManual = false;
        else
        {
            Ask(field.Machines[asked % field.Machines.Count], async tenure => await tenure.ReturnAsync(returns: true, CancellationToken.None));
            field.Later(1000, () => Return(asked + 1));
        }
    }

    private void Ask(SimMachine machine, Func<Tenure, Task<Refusal?>> call)
    {
        if (machine.Agent is not { Process.Works: true, Failover: { } failover } agent)
            return;
        agent.Process.Begin(async () =>
        {
            var view = await agent.Cluster.ObserveAsync(fresh: true, CancellationToken.None);
            var refusal = (failover.Tenure.IsHeld ? ModeRules.RefuseManual(view) : ModeRules.RefuseAutomatic(view)) ?? await call(failover.Tenure);
            field.World.Trace.Add(field.World, machine.Name, $"change of mode: {refusal?.ToString() ?? "done"}");
        });
    }

    /// <summary>It has no leader, or does not run.</summary>
    internal bool Out { get; set; }

    /// <summary>Its files were lost, or are those of a backup, and nobody has made the record again yet.</summary>
    internal bool IsEmptied { get; private set; }

    /// <summary>A person brings up another etcd in its place: an empty one, or one from a backup. Until then nothing answers.</summary>
    internal void Lose(int steps, int back, int made)
    {
        _isAway = IsEmptied = true;
        field.Later(back, () =>
        {
            if (steps > 0)
                Records.Restore(steps);
            else
                Records.Empty();
            _isAway = false;
            field.Later(made, () => Recreate(agent: 0));
        });
    }

    /// <summary>A person calls it on one node after the other, until it is done.</summary>
    private void Recreate(int agent)
    {
        if (!IsEmptied)
            return;
        if (field.Machines[agent % field.Machines.Count].Agent is { Process.Works: true } one)
            one.Process.Begin(() => new SimRecordCalls(one).RecreateAsync());
        field.Later(3000, () => Recreate(agent + 1));
    }

    /// <summary>What one of its keys becomes; who takes the record may write from then on.</summary>
    internal EtcdTxnResult Commit(EtcdTxn txn)
    {
        var before = (Records.Read() as RecordAnswer.Stands)?.Record;
        var done = Records.Commit(txn);
        if (!done.Succeeded || Records.Read() is not RecordAnswer.Stands { Record: var now } || now == before)
            return done;
        if (now.Boot == SimRecordCalls.NoBoot)
            IsEmptied = false;
        else
            field.Absences!.Passed(before, now, revokes: txn.Compares.Count > 1);
        return done;
    }

    /// <summary>How many of a hundred questions, and answers, are lost.</summary>
    internal int Loss { get; set; }

    /// <summary>One of so many questions, and answers, is on its way for long.</summary>
    internal int Seldom { get; set; } = Usual;

    internal const int Usual = 60;

    /// <summary>Asks it, within a bound.</summary>
    internal Task<T> AskAsync<T>(SimAgent agent, TimeSpan within, Func<T> ask, Func<string, T> outage, CancellationToken cancel)
    {
        var answer = new TaskCompletionSource<T>();
        field.World.After(within, agent.Process, () => answer.TrySetResult(outage("no answer in time")));
        cancel.Register(() => answer.TrySetCanceled(cancel));
        Send(agent, ask, answer);
        field.World.After(within / Hedge, agent.Process, () =>
        {
            if (!answer.Task.IsCompleted)
                Send(agent, ask, answer);
        });
        return answer.Task;
    }

    private void Send<T>(SimAgent agent, Func<T> ask, TaskCompletionSource<T> answer) => field.World.After(Delay(), null, () =>
    {
        if (Out || _isAway || IsLost() || !field.Network.Linked(agent.Machine.Name, Name))
            return;
        var said = ask();
        if (!IsLost())
            field.World.After(Delay(), agent.Process, () =>
            {
                if (field.Network.Linked(Name, agent.Machine.Name))
                    answer.TrySetResult(said);
            });
    });

    private bool IsLost() => Loss > 0 && field.World.Random.Next(100) < Loss;

    private TimeSpan Delay() => field.World.Random.Next(Seldom) == 0 ? field.World.Between(10, 3000) : TimeSpan.FromMicroseconds(field.World.Random.Next(200, 4000));
}
