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

    /// <summary>The digest of the caller's <see cref="Facts.ClusterIdentity"/>: a node carries out no step of an agent that disagrees about the cluster.</summary>
    public const string ClusterHeader = "X-Pgha-Cluster";
}
