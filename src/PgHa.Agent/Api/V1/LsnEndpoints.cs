using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Api.V1;

/// <summary>The specification's <c>lsn</c> resource: five fields as it has them, and the positions PostgreSQL itself tells.</summary>
internal static class LsnEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGroup(Routes.V1).MapGet("lsn/{scope}", GetAsync);

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
    private static IResult Write(IEnumerable<(INode Node, Answer<LastRecord> Answer)> answers)
    {
        return new WrittenJson(json =>
        {
            json.WriteStartObject();
            foreach (var (node, answer) in answers)
            {
                json.WritePropertyName(node.Name);
                if (answer.IsOk)
                    Write(json, answer.Value);
                else
                    JsonSerializer.Serialize(json, answer.Refusal, WireJson.Default.Refusal);
            }
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, LastRecord record)
    {
        json.WriteStartObject();
        json.WriteString("chkPoint", record.CheckPoint.ToString());
        json.WriteString("chkRedoPoint", record.Redo.ToString());
        json.WriteString("walFile", record.WalFile);
        json.WriteString("timeLineID", record.Timeline.ToString());
        json.WriteString("lastLsn", record.Start.ToString());
        json.WriteString("endLsn", record.End.ToString());
        Optional(json, "flushLsn", record.Flush);
        Optional(json, "receiveLsn", record.Receive);
        Optional(json, "replayLsn", record.Replay);
        json.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter json, string name, Lsn? value)
    {
        if (value is { } lsn)
            json.WriteString(name, lsn.ToString());
    }
}
