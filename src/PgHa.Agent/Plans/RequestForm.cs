using System.Diagnostics;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>
/// A kind of request: the one row by which it is known to its planner, to the journal, and to the calls that ask for it. The words of the
/// journal are part of its format: they do not follow the code.
/// </summary>
/// <param name="Verb">Its name in the journal.</param>
/// <param name="Kind">The type of its requests.</param>
/// <param name="Plan">Its planner.</param>
/// <param name="Kept">Fills in what the journal keeps of a request beside verb and node.</param>
/// <param name="Made">The request from what the journal keeps.</param>
/// <param name="Calls">The calls that ask for it; none where only the agent itself does.</param>
public sealed partial record RequestForm(
    string Verb,
    Type Kind,
    Func<ChangeRequest, Mandate, PlanFacts, Answer<Draft>> Plan,
    Func<ChangeRequest, OperationRequest, OperationRequest> Kept,
    Func<OperationRequest, ChangeRequest> Made,
    IReadOnlyList<RequestCall> Calls)
{
    /// <summary>All calls that ask for a change.</summary>
    public static IEnumerable<RequestCall> AllCalls => All.SelectMany(form => form.Calls);

    /// <summary>The row of a request.</summary>
    public static RequestForm Of(ChangeRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return All.FirstOrDefault(form => form.Kind == request.GetType()) ?? throw new UnreachableException(request.ToString());
    }

    /// <summary>A request as the journal keeps it: flat.</summary>
    public static OperationRequest Write(MandatedRequest asked)
    {
        ArgumentNullException.ThrowIfNull(asked);
        var (request, mandate) = asked;
        var form = Of(request);
        return form.Kept(request, new() { Verb = form.Verb, Node = request.Called, Force = mandate.Force, Answered = mandate.Answered, Resumed = mandate.Resumed });
    }

    /// <summary>The request from what the journal keeps; null where this version does not know it.</summary>
    public static MandatedRequest? Read(OperationRequest? kept) => kept is null ? null
        : All.FirstOrDefault(form => form.Verb == kept.Verb)?.Made(kept).Under(new() { Force = kept.Force, Answered = kept.Answered, Resumed = kept.Resumed });

    private static RequestForm Row<T>(
        string verb,
        Func<T, Mandate, PlanFacts, Answer<Draft>> plan,
        Func<T, OperationRequest, OperationRequest> kept,
        Func<OperationRequest, T> made,
        params RequestCall[] calls)
        where T : ChangeRequest =>
        new(verb, typeof(T), (request, mandate, facts) => plan((T)request, mandate, facts), (request, form) => kept((T)request, form), made, calls);

    private static RequestForm Row<T>(string verb, Func<T, Mandate, PlanFacts, Answer<Draft>> plan, Func<OperationRequest, T> made, params RequestCall[] calls)
        where T : ChangeRequest => Row(verb, plan, (_, form) => form, made, calls);
}
