using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V1;

/// <summary>The specification's <c>lsn</c> resource: five fields as it has them, and the positions PostgreSQL itself tells.</summary>
internal static class LsnEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGroup(Routes.V1).MapGet("lsn/{scope}", GetAsync)
        .Says("Where the WAL of nodes stands: last checkpoint and true last record", WireJson.Default.DictionaryStringNodeLsn);

    private static async Task<IResult> GetAsync(HttpContext http, string scope, ClusterObserver cluster, AgentOptions options)
    {
        if (scope == "all")
            return Write(cluster.Nodes.Zip(await Task.WhenAll(cluster.Nodes.Select(n => n.Wal.LastRecordAsync(http.RequestAborted)))));
        var name = scope == "current" ? options.Node : scope;
        if (cluster.Nodes.FirstOrDefault(n => n.Name == name) is not { } node)
            return Answers.Refuse(new(Code.Invalid, $"there is no GET {http.Request.Path}",
                $"possible: current, all, {string.Join(", ", options.Nodes.Select(n => n.Name))}"), StatusCodes.Status404NotFound);
        var answer = await node.Wal.LastRecordAsync(http.RequestAborted);
        return answer.IsOk ? Write([(node, answer)]) : Answers.Refuse(answer.Refusal);
    }

    /// <summary>One object for each node; a node that cannot say has code, message and hint in its place.</summary>
    private static WrittenJson Write(IEnumerable<(INode Node, Answer<LastRecord> Answer)> answers) =>
        WrittenJson.Of(answers.ToDictionary(a => a.Node.Name, a => Of(a.Answer)), WireJson.Default.DictionaryStringNodeLsn);

    private static NodeLsn Of(Answer<LastRecord> answer) => !answer.IsOk
        ? new() { Code = answer.Refusal.Code, Message = answer.Refusal.Message, Hint = answer.Refusal.Hint }
        : new()
        {
            CheckPoint = answer.Value.CheckPoint.ToString(),
            Redo = answer.Value.Redo.ToString(),
            WalFile = answer.Value.WalFile,
            Timeline = answer.Value.Timeline.ToString(),
            Start = answer.Value.Start.ToString(),
            End = answer.Value.End.ToString(),
            Flush = answer.Value.Flush?.ToString(),
            Receive = answer.Value.Receive?.ToString(),
            Replay = answer.Value.Replay?.ToString(),
        };
}
