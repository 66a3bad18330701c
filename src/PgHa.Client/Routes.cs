namespace PgHa.Client;

/// <summary>Where the two versions of the API live, and the headers both sides use.</summary>
public static class Routes
{
    /// <summary>The specification's API.</summary>
    public const string V1 = "/api/pg/v1";

    /// <summary>The native API.</summary>
    public const string V2 = "/api/pg/v2";

    /// <summary>Names the operation a step belongs to; the node checks that this operation holds its lock.</summary>
    public const string OperationHeader = "X-Pgha-Operation";

    /// <summary>Which of the operation's steps a call between agents orders: one that comes twice is carried out once.</summary>
    public const string StepHeader = "X-Pgha-Step";

    /// <summary>The digest of the caller's <see cref="Facts.ClusterIdentity"/>: a node carries out no step of an agent that disagrees about the cluster.</summary>
    public const string ClusterHeader = "X-Pgha-Cluster";

    /// <summary>Names a call, so that it is carried out once however often it comes.</summary>
    public const string KeyHeader = "Idempotency-Key";

    /// <summary>Of an answer: what the operator's force answered for.</summary>
    public const string ForcedHeader = "X-Pgha-Forced";

    /// <summary>Of an answer: the slots that are not safe on the new primary.</summary>
    public const string SlotsHeader = "X-Pgha-Slots";

    /// <summary>Of an answer: it is that of an earlier call.</summary>
    public const string RepeatedHeader = "X-Pgha-Repeated";

    /// <summary>Of an answer: what the same call again would do.</summary>
    public const string HintHeader = "X-Pgha-Hint";
}
