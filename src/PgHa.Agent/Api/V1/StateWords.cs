using Microsoft.AspNetCore.Http;
using PgHa.Client;
using PgHa.Client.Facts;

namespace PgHa.Agent.Api.V1;

/// <summary>The specification's words for the states, and its answer: <c>{"pg-node01":"master","pg-node02":"slave"}</c>.</summary>
internal sealed class StateWords(IEnumerable<(string Node, NodeState State)> nodes) : IResult
{
    internal StateWords(IEnumerable<NodeObservation> nodes)
        : this(nodes.Select(n => (n.Node, n.State)))
    {
    }

    /// <summary>The word of a state.</summary>
    internal static string Of(NodeState state) => state switch
    {
        NodeState.Stopped => "inactive",
        NodeState.PrimaryAlone => "single",
        NodeState.Primary => "master",
        NodeState.Standby => "slave",
        NodeState.Recovering => "recovery",
        _ => "unknown",
    };

    /// <summary>Writes the map, nodes in configuration order.</summary>
    public Task ExecuteAsync(HttpContext httpContext) =>
        WrittenJson.Of(nodes.ToDictionary(n => n.Node, n => Of(n.State)), WireJson.Default.DictionaryStringString).ExecuteAsync(httpContext);
}
