using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>
/// What an operator asks for, in native words. The closed set of everything that changes something. What is not of its planner stands here;
/// what the API, the journal and the documents know of it stands in its row of <see cref="RequestForm"/>.
/// </summary>
/// <param name="Called">The node whose agent was called.</param>
public abstract record ChangeRequest(string Called)
{
    /// <summary>The request on somebody's word.</summary>
    public MandatedRequest Under(Mandate mandate) => new(this, mandate);

    /// <summary>The request in words.</summary>
    public abstract string Words { get; }

    /// <summary>It only stops servers.</summary>
    public virtual bool OnlyStops => false;

    /// <summary>The nodes it names.</summary>
    public virtual IEnumerable<string> Named => [Called];

    /// <summary>The node that it is about to start or promote.</summary>
    public virtual string Acting => Called;

    /// <summary>It starts its node on the data that lies there. Where it does not, what lies there is its own rules' first question.</summary>
    public virtual bool UsesItsData => true;

    /// <summary>Settings that it changes (<see cref="Client.Operations.SettingChange.Text"/>): all nodes are asked what they have; null: none.</summary>
    public virtual string? NewSettings => null;

    /// <summary>Whether it makes or moves a primary or joins a node, so that the nodes' WAL has to be compared first.</summary>
    public virtual bool NeedsWal(Mandate mandate) => true;

    /// <summary>Where WAL is compared, the node that is, or is to become, primary; null where there is none.</summary>
    public virtual string? Focus(Mandate mandate, ClusterView view) => view.Primary?.Node;
}
