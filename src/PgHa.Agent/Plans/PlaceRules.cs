using System.Globalization;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Whether a data directory may be made on a node: only where there is nothing, and where it can be swapped in whole.</summary>
public static class PlaceRules
{
    /// <summary>Below this not even a new cluster and its first WAL have room.</summary>
    internal const long LeastFree = 200L << 20;

    /// <summary>Why nothing may be made there, or null.</summary>
    /// <param name="node">The node.</param>
    /// <param name="wayOut">What to do with the data that is there instead.</param>
    public static Refusal? Refuse(NodeObservation node, string wayOut)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node.Place is not { } place)
            return new(Code.WrongState, $"the data directory of {node.Node} is not empty: {Content(node)}", wayOut);
        if (node.State != NodeState.Stopped)
            return new(Code.WrongState, $"a server still runs on {node.Node}, though its data directory is empty: {node.Problem ?? node.State.Words()}", "end it first");
        return place.Problem ?? RefuseRoom(node.Node, place.FreeBytes, LeastFree);
    }

    /// <summary>Why there is not room enough, or null.</summary>
    public static Refusal? RefuseRoom(string node, long free, long needed) => free >= needed ? null : new(Code.WrongState,
        $"the disk of {node} is too small: {Megabytes(free)} are free beside its data directory, {Megabytes(needed)} are needed",
        "make room there, or set postgres.data_dir to a larger disk");

    /// <summary>Bytes in words.</summary>
    public static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F0} MB");

    private static string Content(NodeObservation node) => node.DataProblem
        ?? (node.Control is { } control ? $"it holds the cluster with system identifier {control.SystemIdentifier}" : "it holds data");
}
