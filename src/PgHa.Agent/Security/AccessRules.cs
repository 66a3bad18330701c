namespace PgHa.Agent.Security;

/// <summary>What a token may be used for.</summary>
public enum AccessRole
{
    /// <summary>To look at the cluster: nothing is changed, and no content of the database is given away.</summary>
    Read,

    /// <summary>To change the cluster by calls and plans, and to give and take WAL.</summary>
    Operate,

    /// <summary>To be an agent: to read WAL and slots, and to carry out steps that a plan has ordered.</summary>
    Peer,

    /// <summary>Everything, steps by hand included.</summary>
    Admin,
}

/// <summary>What a call needs.</summary>
public enum AccessNeed
{
    /// <summary>It tells nothing of this cluster: no token.</summary>
    Nothing,

    /// <summary>It only looks.</summary>
    Look,

    /// <summary>Its answer holds content of the database: WAL, or the state of a slot.</summary>
    Content,

    /// <summary>It changes the cluster, or lets an agent do something.</summary>
    Change,

    /// <summary>It is a step of a plan, or of its protocol: an agent calls it.</summary>
    Step,
}

/// <summary>Who calls, as far as the token says.</summary>
/// <param name="Name">The token's name.</param>
/// <param name="Role">What it may be used for.</param>
public sealed record Caller(string Name, AccessRole Role)
{
    private const string CertificateOf = "certificate of ";

    /// <summary>Who has the content of <c>security.token_file</c>: the agents, and people who use it, too.</summary>
    public static Caller Agents { get; } = new("security.token_file", AccessRole.Admin);

    /// <summary>A node whose agent has presented its certificate.</summary>
    /// <param name="node">The node.</param>
    public static Caller Node(string node) => new(CertificateOf + node, AccessRole.Peer);

    /// <summary>What it presented, in words. No token has a blank in its name.</summary>
    public string Words => Name.StartsWith(CertificateOf, StringComparison.Ordinal) ? $"the {Name}" : $"the token {Name}";

    /// <summary>Who has the token of this machine (<c>security.local: owner</c>): the agent's user, or root.</summary>
    public static Caller Local { get; } = new("security.local", AccessRole.Admin);
}

/// <summary>Which role may do what. Pure.</summary>
public static class AccessRules
{
    /// <summary>The roles by the words that stand in the file.</summary>
    public static IReadOnlyDictionary<string, AccessRole> Words { get; } = new Dictionary<string, AccessRole>(StringComparer.Ordinal)
    {
        ["read"] = AccessRole.Read, ["operate"] = AccessRole.Operate, ["peer"] = AccessRole.Peer, ["admin"] = AccessRole.Admin,
    };

    /// <summary>Whether a role is enough.</summary>
    public static bool Allows(AccessRole role, AccessNeed need) => role switch
    {
        AccessRole.Admin => true,
        AccessRole.Operate => need is not AccessNeed.Step,
        AccessRole.Peer => need is not AccessNeed.Change,
        _ => need is AccessNeed.Look or AccessNeed.Nothing,
    };

    /// <summary>The least roles that are enough, as a person names them.</summary>
    public static string Enough(AccessNeed need) => need switch
    {
        AccessNeed.Nothing => "none",
        AccessNeed.Look => "read",
        AccessNeed.Step => "peer, or admin by hand",
        _ => "operate",
    };
}
