using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Where every request finds its plan. Pure: facts in, a plan or a refusal out. Nothing changes a plan that has left it.</summary>
public static class Planner
{
    /// <summary>What to do about a request.</summary>
    public static Decision Decide(ChangeRequest request, Mandate mandate, PlanFacts facts)
    {
        var draft = Write(request, mandate, facts);
        return draft.IsOk ? Judge(draft.Value, mandate, facts) : new Refused(draft.Refusal);
    }

    /// <summary>What has to be read before it is decided: it follows from who is to start, and from who is to move where.</summary>
    public static FactsNeeded Needs(ChangeRequest request, Mandate mandate, PlanFacts facts)
    {
        ArgumentNullException.ThrowIfNull(mandate);
        ArgumentNullException.ThrowIfNull(facts);
        return mandate.IsUndo || Write(request, mandate, facts).Value is not { } draft ? FactsNeeded.None
           
            : new(NextStartRules.Asked(draft.Stages, draft.Undo, facts.View), draft.Slots.Move is var (target, source) ? [target, source] : []) { Settings = request.NewSettings };
    }

    /// <summary>The node whose WAL the decision turns on: the one that is, or is to become, primary. Null where no WAL matters.</summary>
    public static string? Focus(MandatedRequest asked, ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(view);
        return asked.Request.NeedsWal(asked.Mandate) ? asked.Request.Focus(asked.Mandate, view) : null;
    }

    private static Answer<Draft> Write(ChangeRequest request, Mandate mandate, PlanFacts facts)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(facts);
        return CommonRules.Refuse(request.Under(mandate), facts.View) is { } refusal ? refusal : RequestForm.Of(request).Plan(request, mandate, facts);
    }

    /// <summary>Whose servers it stops, and how its starts would go: what must be answered for, or said, is taken into the plan.</summary>
    private static Decision Judge(Draft draft, Mandate mandate, PlanFacts facts)
    {
        var owners = OwnerRules.Judge(draft.Stages, mandate, facts.View);
        var starts = mandate.IsUndo ? StartsVerdict.Fine : NextStartRules.Judge(draft.Stages, draft.Undo, facts);
        return (owners.Refusal ?? starts.Refusal) is { } refusal ? new Refused(refusal) : new Plan(draft.Goal)
        {
            Stages = draft.Stages,
            Evidence = [.. draft.Evidence, .. starts.Evidence, .. draft.Slots.Evidence],
            Overrides = [.. draft.Overrides, .. owners.Overrides],
            Answered = draft.Answered,
            NotCarried = draft.Slots.NotCarried,
            Outcomes = draft.Outcomes,
            Undo = draft.Undo?.Request is null or StartNode or ChangeSettings ? mandate.Inherited ?? draft.Undo : draft.Undo,
            Continuation = draft.Continuation,
        };
    }
}
