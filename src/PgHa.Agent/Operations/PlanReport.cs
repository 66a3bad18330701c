using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>A plan as users see it: its steps with the calls they could make by hand.</summary>
public sealed class PlanReport(AgentOptions options)
{
    /// <summary>The steps of a plan, numbered by stage.</summary>
    public IEnumerable<StepReport> Steps(Plan plan, int firstStage = 1)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.Stages.SelectMany((stage, i) => stage.Select(step => new StepReport
        {
            State = StepTransitions.First,
            Stage = firstStage + i,
            Node = step.Node,
            Step = step.Words,
            Curl = step.Curl(options.Nodes.First(n => n.Name == step.Node).Agent, options.Security.AsksForToken),
            Final = step.Final,
            Changes = step.Changes,
        }));
    }

    /// <summary>A plan that has not been carried out (dry run), or is about to be: the steps only, not what it found.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="id">The operation's id.</param>
    /// <param name="now">The time.</param>
    /// <param name="what">Whether it is begun, or only shown.</param>
    public OperationReport For(Plan plan, string id, DateTimeOffset now, OperationEvent what)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return new()
        {
            Id = id,
            Goal = plan.Goal,
            Coordinator = options.Node,
            State = OperationTransitions.First(what),
            Started = now,
            Evidence = [.. plan.Evidence.Select(e => e.Words)],
            Overrides = plan.Overrides,
            NotCarried = plan.NotCarried,
            Steps = [.. Steps(plan)],
        };
    }

    /// <summary>The first report of an operation: the plan, and all that a later run of the agent has to know to take it up.</summary>
    public OperationReport Begun(MandatedRequest request, Plan plan, ClusterView view, string id, Conduct conduct, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(conduct);
        return For(plan, id, now, OperationEvent.Begun) with
        {
            Request = RequestForm.Write(request),
            Continuation = RequestForm.Write(plan.Continuation ?? request),
            Undo = plan.Undo is { } undo ? RequestForm.Write(undo) : null,
            Found = view.Nodes.ToDictionary(n => n.Node, n => new FoundNode(n.BootId, HaltRules.Standing(n), plan.Answered.AnswerFor(n.Node), n.LastStep?.Operation)),
            Stepwise = conduct.Stepwise,
            Reason = conduct.Reason,
            Call = conduct.Call,
            Resumes = conduct.Resumes,
            Undoing = conduct.Undoing,
        };
    }
}
