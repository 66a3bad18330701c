using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Writes <c>standby.signal</c> on this node before its place is taken, and takes it away when it is not. Afterwards it is looked at the node once
/// more: a server that somebody started in the same moment may have come too early to find the file.
/// </summary>
internal sealed class Demotion(AgentOptions options, DataDirectory data, Lazy<ClusterObserver> cluster, SlotSteps slots, TimeProvider time)
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <param name="forced">Where the file cannot be written that is named, and no failure.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async Task<StepResult> DemoteAsync(bool forced, CancellationToken cancel)
    {
        var before = await ObserveAsync(cancel);
        if (before.DataProblem is { } problem)
            return StepResult.Failed(Code.WrongState, $"the data directory of {options.Node} cannot be used: {problem}", "correct postgres.data_dir");
        if (before.StandbySignal)
            return StepResult.Done("standby.signal is there already");
        if (!before.Down && !RunsAsPrimary(before))
            return StepResult.Failed(Code.WrongState, $"{options.Node} is neither stopped nor runs as primary ({before.Server}: {before.Problem})", "look at its server, then repeat the call");
        try
        {
            slots.BeforeRecovery();
            DurableFile.Touch(data.StandbySignal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unwritten(e.Message, forced);
        }
        return await InForceAsync(before, cancel);
    }

    /// <param name="accepted">Nodes an operator's force answers for.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async Task<StepResult> ReinstateAsync(IReadOnlyList<string> accepted, CancellationToken cancel)
    {
        var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        var seen = view[options.Node];
        if (!seen.StandbySignal)
            return StepResult.Done("there is no standby.signal");
        if (!seen.Down && !RunsAsPrimary(seen))
            return StepResult.Failed(Code.WrongState, $"{options.Node} is neither stopped nor runs as primary ({seen.Server}: {seen.Problem})", "a standby keeps its standby.signal");
        if (seen.Down && view.Except(options.Node).FirstOrDefault(n => n.MayBeWritable && !accepted.Contains(n.Node)) is { } other)
            return StepResult.Failed(Code.AnotherWritable, $"{other.Node} is writable, or may be: a start of {options.Node} would make a second primary", $"start it as standby: POST instance/slave on {options.Node}");
        DurableFile.Remove(data.StandbySignal);
        slots.BecamePrimary();
        if (!seen.Down || (await ObserveAsync(cancel)).Down)
            return StepResult.Done("standby.signal is gone");
        DurableFile.Touch(data.StandbySignal); // it was found by whoever started the server: that one is in recovery
        return StepResult.Failed(Code.WrongState, $"{options.Node} was started meanwhile by somebody else", "look at its server");
    }

    private async Task<StepResult> InForceAsync(NodeObservation before, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        var now = await ObserveAsync(cancel);
        while (now is { Down: false, Server: not ServerStatus.Running } && time.GetElapsedTime(begun) < AnswerWithin)
        {
            await Task.Delay(Interval, time, cancel);
            now = await ObserveAsync(cancel);
        }
        if (now.Down || now.InRecovery || (RunsAsPrimary(before) && RunsAsPrimary(now)))
            return StepResult.Done(now.Down ? "standby.signal is written" : $"standby.signal is written; its server runs {(now.InRecovery ? "in recovery: somebody else has started it" : "on until it is stopped")}");
        DurableFile.Remove(data.StandbySignal); // it says of this server what is not so
        return StepResult.Failed(Code.AnotherWritable, $"{options.Node} was started by somebody else before standby.signal was written ({now.State}: {now.Problem ?? "it accepts writes"})",
            "stop what starts it, then repeat the call");
    }

    private StepResult Unwritten(string why, bool forced)
    {
        var message = $"standby.signal cannot be written on {options.Node} ({why}): whatever starts its server makes it a second primary";
        return forced
            ? StepResult.Done(message) with { Overridden = message }
            : StepResult.Failed(Code.StepFailed, message, "make its disk writable, or see to it that nothing can start it and repeat the call with force=true");
    }

    private static bool RunsAsPrimary(NodeObservation node) => node is { Server: ServerStatus.Running, Sql.InRecovery: false };

    private Task<NodeObservation> ObserveAsync(CancellationToken cancel) => cluster.Value[options.Node].ObserveAsync(fresh: true, cancel);
}
