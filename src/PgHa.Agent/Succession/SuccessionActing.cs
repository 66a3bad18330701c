using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Agent.Steps;

namespace PgHa.Agent.Succession;

/// <summary>Carries out what <see cref="SuccessionRules"/> say: by the record, by the fence, and by the same operations that an operator begins.</summary>
internal sealed partial class SuccessionActing(
    AgentOptions options, Tenure tenure, Lazy<OperationRunner> runner, IHands hands, ServerPulse pulse, SuccessionPast past, StopProgram stopping, ISurroundings surroundings, FailoverState state, TimeProvider time,
    ILogger<SuccessionActing> log)
{
    private string Node => options.Node;

    /// <summary>Does it; null, or why it was not done.</summary>
    internal async Task<string?> ActAsync(SuccessionVerdict verdict, SuccessionFacts facts, CancellationToken cancel) => verdict.Action switch
    {
        SuccessionAction.Stop => await StopAsync(verdict.Reason, held: false, cancel),
        SuccessionAction.TakeFirst => await TakeAsync(verdict, facts, first: true, cancel),
        SuccessionAction.Take => await TakeAsync(verdict, facts, first: false, cancel),
        SuccessionAction.FailOver => await TakeAsync(verdict, facts, first: false, cancel) ?? await BeginAsync(verdict, new Failover(Node, FailoverForm.Promote), facts, cancel),
        SuccessionAction.Promote => await BeginAsync(verdict, new Failover(Node, FailoverForm.Promote), facts, cancel),
        SuccessionAction.StartAsPrimary => await BeginAsync(verdict, new StartPrimary(Node), facts, cancel),
        SuccessionAction.GiveUp => await GiveUpAsync(verdict.Reason, cancel),
        SuccessionAction.StopAndGiveUp => await StopAsync(verdict.Reason, held: true, cancel) ?? await GiveUpAsync(verdict.Reason, cancel),
        SuccessionAction.PassOn => await TakeAsync(verdict, facts, first: false, cancel) ?? await GiveUpAsync(verdict.Reason, cancel),
        SuccessionAction.StopHolder => StopHolder(facts),
        SuccessionAction.StartInRecovery => past.MayFollow ? await BeginAsync(verdict, new StartNode(Node), facts, cancel) : null,
        SuccessionAction.Follow => past.MayFollow ? await BeginAsync(verdict, new StartStandby(Node, SuccessionRules.Return(facts)), facts, cancel) : null,
        SuccessionAction.Pledge => await surroundings.PledgeAsync(new(facts.Stands!.Epoch + 1, facts.Holder!, facts.Revision, facts.Stands.Timeline), cancel),
        _ => null,
    };

    /// <summary>It is not waited for: the next look shows how far it is.</summary>
    private string? StopHolder(SuccessionFacts facts)
    {
        stopping.Begin(facts.Holder!, facts.Stands!.Epoch);
        return null;
    }

    private async Task<string?> TakeAsync(SuccessionVerdict verdict, SuccessionFacts facts, bool first, CancellationToken cancel)
    {
        var decided = time.GetTimestamp();
        if (await tenure.TakeAsync(first, patiently: false, makes: false, cancel, facts.Revocation) is { } withheld)
            return withheld.Message;
        past.Turn();
        state.Facts = state.Facts is { } before ? before with { Epoch = surroundings.Epoch, Timeline = surroundings.Timeline, MayWriteFor = tenure.Left, Made = tenure.Made, Served = tenure.Served } : null;
        past.Taken ??= (verdict.Reason, decided);
        return null;
    }

    private async Task<string?> GiveUpAsync(string why, CancellationToken cancel)
    {
        await tenure.GiveUpAsync(hands.Server.WriteStandbySignal, cancel);
        await tenure.SettledAsync(cancel); // else the next look would still see the record as its own
        past.Resign(why);
        return null;
    }

    private async Task<string?> BeginAsync(SuccessionVerdict verdict, ChangeRequest request, SuccessionFacts facts, CancellationToken cancel)
    {
        var mandate = new Mandate { Record = tenure.Epoch is { } epoch ? new(Node, epoch) : null, LeftAlone = facts.PausedNodes };
        var begun = await runner.Value.BeginUnaskedAsync(request.Under(mandate), $"rule {verdict.Row}: {verdict.Reason}", cancel, byRules: true);
        past.Note(verdict.Action, begun);
        if (begun.IsOk && verdict.Action == SuccessionAction.StartAsPrimary)
            pulse.Expect();
        return begun.IsOk ? null : begun.Refusal.Message;
    }

    /// <summary>As the guard does at the deadline. Then the guard has nothing left to end.</summary>
    private async Task<string?> StopAsync(string why, bool held, CancellationToken cancel)
    {
        LogStops(Node, why);
        if (!await tenure.StopAsync(held, cancel))
            return null; // a step has taken the record meanwhile
        hands.Slots.BeforeRecovery();
        if (!held)
            await tenure.StandDownAsync(cancel);
        return null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "the server of {Node} is killed: {Why}")]
    private partial void LogStops(string node, string why);
}
