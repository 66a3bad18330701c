using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Succession;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V2;

/// <summary>The calls of an operator who answers for the record. They act on etcd only: what follows the agents decide by their rules.</summary>
internal static class RecordEndpoints
{
    private const string DryRun = "dryRun", Force = "force", Node = "node";

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var record = routes.MapGroup(Routes.V2 + "/cluster/record");
        record.MapPost("recreate", (Delegate)RecreateAsync).TakesOptions($"[{DryRun}=true|false]", $"[{Force}=NODES]").Says("Make the record anew after etcd was emptied", WireJson.Default.RecordChange);
        record.MapPost("release", (Delegate)ReleaseAsync).TakesOptions($"[{DryRun}=true|false]", $"{Node}=NODE").Says("Free the record of a node that is gone", WireJson.Default.RecordChange);
    }

    private static Task<IResult> RecreateAsync(HttpContext http) => AnswerAsync(http, (calls, dryRun) =>
        calls.RecreateAsync([.. http.Request.Query[Force].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct()], dryRun, http.RequestAborted));

    private static Task<IResult> ReleaseAsync(HttpContext http) => http.Request.Query[Node].ToString() is { Length: > 0 } node
        ? AnswerAsync(http, (calls, dryRun) => calls.ReleaseAsync(node, dryRun, http.RequestAborted))
        : Task.FromResult(Answers.Refuse(new(Code.Invalid, "the node that is gone is not named", "POST v2/cluster/record/release?node=NAME")));

    private static async Task<IResult> AnswerAsync(HttpContext http, Func<RecordCalls, bool, Task<Answer<RecordChange>>> call)
    {
        if (http.RequestServices.GetService<RecordCalls>() is not { } calls)
            return Answers.Refuse(FailoverEndpoints.Manual);
        bool? dryRun = http.Request.Query[DryRun].ToString() switch { "true" => true, "" or "false" => false, _ => null };
        if (dryRun is not { } dry)
            return Answers.Refuse(new(Code.Invalid, "dryRun is true or false", "leave it out to let it be done"));
        var answer = await call(calls, dry);
        return answer.IsOk ? Results.Json(answer.Value, WireJson.Default.RecordChange) : Answers.Refuse(answer.Refusal);
    }
}
