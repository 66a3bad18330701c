using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Steps;

/// <summary>
/// Writes <c>standby.signal</c> on this node before its place is taken, and takes it away when it is not. Afterwards the node looks once
/// more: a server that somebody started in the same moment may have come too early to find the file.
/// </summary>
internal sealed class Demoting(string node, IHands hands, StepSights sights, TimeProvider time)
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <param name="forced">Where the file cannot be written that is named, and no failure.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async Task<StepResult> DemoteAsync(bool forced, CancellationToken cancel)
    {
        var before = await sights.ObserveAsync(cancel);
        if (StepRules.Demoting(before) is { } refusal)
            return StepResult.Failed(refusal);
        if (before.StandbySignal)
            return StepResult.Done("standby.signal is there already");
        try
        {
            hands.Slots.BeforeRecovery();
            hands.Server.WriteStandbySignal();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var words = StepRules.Unwritten(node, e.Message, forced);
            return words.IsOk ? StepResult.Done(words.Value) with { Overridden = words.Value } : StepResult.Failed(words.Refusal);
        }
        return await InForceAsync(before, cancel);
    }

    /// <param name="accepted">Nodes an operator's force answers for.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async Task<StepResult> ReinstateAsync(IReadOnlyList<string> accepted, CancellationToken cancel)
    {
        var view = (await sights.LookAsync(null, cancel)).View;
        if (!view[node].StandbySignal)
            return StepResult.Done("there is no standby.signal");
        if (StepRules.Reinstating(node, view, Assurance.OfStep(accepted)) is { } refusal)
            return StepResult.Failed(refusal);
        hands.Server.RemoveStandbySignal();
        hands.Slots.BecamePrimary();
        if (!view[node].Down || (await sights.ObserveAsync(cancel)).Down)
            return StepResult.Done("standby.signal is gone");
        hands.Server.WriteStandbySignal(); // it was found by whoever started the server: that one is in recovery
        return StepResult.Failed(Code.WrongState, $"{node} was started meanwhile by somebody else", "look at its server");
    }

    private async Task<StepResult> InForceAsync(NodeObservation before, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        var now = await sights.ObserveAsync(cancel);
        while (now is { Down: false, Server: not ServerStatus.Running } && time.GetElapsedTime(begun) < AnswerWithin)
        {
            await Task.Delay(Interval, time, cancel);
            now = await sights.ObserveAsync(cancel);
        }
        var demoted = StepRules.Demoted(before, now);
        if (demoted.IsOk)
            return StepResult.Done(demoted.Value);
        hands.Server.RemoveStandbySignal(); // it says of this server what is not so
        return StepResult.Failed(demoted.Refusal);
    }
}
