using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>Why this agent does what it does, and what would happen if a node died now.</summary>
internal sealed class Explanation(AgentOptions options, SuccessionLoop loop, Tenure tenure, SyncDuty sync, ISurroundings surroundings, Func<TimeSpan> clock)
{
    /// <summary>The report, with the nodes as they are now.</summary>
    internal async Task<Answer<ExplainReport>> OfAsync(ClusterView view, CancellationToken cancel)
    {
        var report = Now();
        if (!report.IsOk || loop.Last is not var (facts, _))
            return report;
        var proof = options.Failover.ManagesSync && !report.Value.Manual ? await surroundings.SyncAsync(cancel) : default;
        var now = new IfItDiedNow(view, report.Value.Manual ? null : facts.Holder, options.Failover, Stands(facts), proof.Value?.Record, proof.Outage?.Reason);
        return report.Value with { IfItDied = [.. view.Nodes.Select(n => WhatIf.Dies(n.Node, now))] };
    }

    /// <summary>The same without what would happen if a node died: it asks nobody, and is there at once.</summary>
    internal Answer<ExplainReport> Now()
    {
        if (loop.Last is not var (facts, verdict))
            return new Refusal(Code.WrongState, "the agent has just been started and has not looked yet", "repeat the call in a second");
        var isByHand = facts.Record is RecordState.ByHand or RecordState.Returns;
        var stands = Stands(facts);
        var row = SuccessionRules.Table.FirstOrDefault(r => r.Number == verdict.Row);
        return new ExplainReport
        {
            Node = options.Node,
            Row = verdict.Row,
            Rule = row?.When ?? "no row matches",
            Action = verdict.Action.ToString(),
            Reason = verdict.Reason,
            Trouble = loop.Trouble,
            Hint = verdict.Hint ?? sync.Hint,
            Sync = sync.Words,
            Holder = stands?.Node,
            Epoch = stands?.Epoch,
            Manual = isByHand,
            RunsOutIn = isByHand ? null : RunsOutIn(),
            MayWriteFor = tenure.Until is { } mine ? Seconds(mine - clock()) : null,
            Paused = facts.Paused,
            PausedNodes = [.. facts.PausedNodes],
        };
    }

    /// <summary>What was looked at last may be older.</summary>
    private PrimaryRecord? Stands(SuccessionFacts facts) => tenure.Own ?? tenure.Sight?.Record ?? facts.Stands;

    private double? RunsOutIn() => tenure.Until is { } until ? Seconds(until - clock()) : tenure.Sight is { } sight ? sight.Record.Released ? 0 : Seconds(sight.RunsOutAt - clock()) : null;

    private static double Seconds(TimeSpan time) => Math.Round(Math.Max(0, time.TotalSeconds), 1);
}
