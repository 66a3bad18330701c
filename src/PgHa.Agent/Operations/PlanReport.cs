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
            State = StepState.Planned,
            Stage = firstStage + i,
            Node = step.Node,
            Step = step.Words,
            Curl = step.Curl(options.Nodes.First(n => n.Name == step.Node).Agent, options.Security.TokenFile is not null),
            Final = step.Final,
            Changes = step.Changes,
        }));
    }

    /// <summary>A plan that has not been carried out (dry run), or is about to be: the steps only, not what it found.</summary>
    public OperationReport For(Plan plan, string id, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return new()
        {
            Id = id,
            Goal = plan.Goal,
            Coordinator = options.Node,
            State = OperationState.Running,
            Started = now,
            Evidence = plan.Evidence,
            Overrides = plan.Overrides,
            NotCarried = plan.NotCarried,
            Steps = [.. Steps(plan)],
        };
    }

    /// <summary>The first report of an operation: the plan, and all that a later run of the agent has to know to take it up.</summary>
    public OperationReport Begun(ChangeRequest request, Plan plan, ClusterView view, string id, Conduct conduct, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(conduct);
        return For(plan, id, now) with
        {
            Request = RequestForm.Write(request),
            Continuation = RequestForm.Write(plan.Continuation ?? request),
            Undo = plan.Undo is { } undo ? RequestForm.Write(undo) : null,
            Found = view.Nodes.ToDictionary(n => n.Node, n => new FoundNode(n.BootId, HaltRules.Standing(n), plan.Answered.Contains(n.Node), n.LastStep?.Operation)),
            Stepwise = conduct.Stepwise,
            Reason = conduct.Reason,
            Resumes = conduct.Resumes,
            Undoing = conduct.Undoing,
        };
    }
}
