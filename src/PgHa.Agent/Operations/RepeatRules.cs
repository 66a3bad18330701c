using System.Text.Json;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>
/// Which call is another one's repetition, so that it is answered with that one's operation and nothing is done twice. Time alone cannot
/// tell: roles are exchanged there and back within seconds on purpose, too. What can is whether the first answer was heard. Pure.
/// </summary>
public static class RepeatRules
{
    /// <summary>So long after an operation that nobody heard the end of, the same call counts as its repetition.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromMinutes(1);

    /// <summary>A call whose answer will not be heard any more.</summary>
    public static OperationCall? Lost(OperationCall? call) => call is { From: not null } ? call with { Unheard = true } : call;

    /// <summary>Whether an operation does what a call asks for, in the same way.</summary>
    public static bool IsSame(OperationReport report, MandatedRequest request, Conduct conduct)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(conduct);
        return report.Stepwise == conduct.Stepwise && report.Request is { } asked && Text(asked) == Text(RequestForm.Write(request));
    }

    /// <summary>
    /// The operation that the same caller asked for and did not hear of, where a second one would undo it: only a switchover whose target is
    /// not named. Null where there is none, where it did not reach its goal, or where anything has acted since.
    /// </summary>
    /// <param name="operations">Those of this agent, newest first.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="conduct">By which call, and how.</param>
    /// <param name="view">The nodes now.</param>
    /// <param name="clock">Tells how long ago the last one ended; where that is not known, it is long ago.</param>
    public static OperationReport? Unheard(IEnumerable<OperationReport> operations, MandatedRequest request, Conduct conduct, ClusterView view, MachineClock clock)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(conduct);
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(clock);
        if (request.Request is not Switchover { To: null } || conduct.Call is not { From: { } from })
            return null;
        var known = operations.ToArray();
        var last = known.FirstOrDefault(r => r.Resumes is null);
        if (last is not { Call: { Unheard: true } call } || call.From != from || !IsSame(last, request, conduct))
            return null;
        if (IsOpen(last))
            return last;
        var line = known.TakeWhile(r => r != last).Append(last).ToArray();
        return HasSucceeded(last) && line.Min(r => clock.Age(r.EndedAt)) < Within && NothingSince(last, [.. line.Select(r => r.Id)], view) ? last : null;
    }

    /// <summary>It runs, or what becomes of it is not decided yet.</summary>
    public static bool IsOpen(OperationReport report) => OperationStanding.Of(report).IsOpen;

    private static bool HasSucceeded(OperationReport report) => report is { State: OperationState.Done } or { Recovery.State: RecoveryState.Completed };

    private static bool NothingSince(OperationReport report, string[] ids, ClusterView view) => report.Steps.Where(s => s.Changes).Select(s => s.Node).Distinct()
        .Select(name => view.Nodes.FirstOrDefault(n => n.Node == name)).All(n => n is not { Reachable: true } || n.LastStep is null || ids.Contains(n.LastStep.Operation));

    private static string Text(OperationRequest request) => JsonSerializer.Serialize(request, WireJson.Default.OperationRequest);
}
