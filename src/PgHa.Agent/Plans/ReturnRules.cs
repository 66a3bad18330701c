using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>What is to be done about a standby that ended with its machine.</summary>
public abstract record ReturnVerdict
{
    /// <summary>Nothing any more.</summary>
    /// <param name="Why">In words.</param>
    public sealed record Over(string Why) : ReturnVerdict;

    /// <summary>To look again.</summary>
    /// <param name="Why">What is missing.</param>
    public sealed record Wait(string Why) : ReturnVerdict;

    /// <summary>To start it as standby, as an operator would.</summary>
    public sealed record Start : ReturnVerdict;
}

/// <summary>
/// Whether a node whose server ended with its machine is started again, as a standby and only as that. Whether it can follow is for its plan
/// to prove. Pure.
/// </summary>
public static class ReturnRules
{
    /// <summary>So long a primary is looked for.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromHours(1);

    /// <summary>What to do now.</summary>
    /// <param name="node">The node.</param>
    /// <param name="view">All nodes now.</param>
    /// <param name="stopped">Its server was stopped through pgha: that stands.</param>
    /// <param name="waited">For how long it has been looked at.</param>
    public static ReturnVerdict Judge(string node, ClusterView view, bool stopped, TimeSpan waited)
    {
        ArgumentNullException.ThrowIfNull(view);
        var seen = view[node];
        if (stopped)
            return new ReturnVerdict.Over("it was stopped through pgha and stays so");
        if (seen.State != NodeState.Stopped && seen.State != NodeState.Unknown)
            return new ReturnVerdict.Over("it runs");
        if (seen is { DataProblem: null, StandbySignal: false })
            return new ReturnVerdict.Over($"it was no standby: only a call starts it (POST instance/current on {node})");
        if (waited > Within)
            return new ReturnVerdict.Over($"given up after {Within.TotalMinutes} minutes: start it with POST instance/slave on {node}");
        return (seen.DataProblem ?? (seen.State == NodeState.Unknown ? seen.Problem : null)) is { } problem ? new ReturnVerdict.Wait(problem)
            : view.Primary is null ? new ReturnVerdict.Wait("no primary is reachable") : new ReturnVerdict.Start();
    }

    /// <summary>What a refusal means for it: one that may pass is waited out.</summary>
    public static ReturnVerdict After(Refusal refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        return refusal.Code is Code.Busy or Code.PeerUnreachable or Code.PrimaryNotStarted or Code.AnotherWritable
            ? new ReturnVerdict.Wait(refusal.Message) : new ReturnVerdict.Over($"it cannot follow: {refusal}");
    }
}
