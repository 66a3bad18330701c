using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Agent.Postgres;
using PgHa.Agent.Steps;
using PgHa.Agent.Succession;
using PgHa.Client;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Api.V2;

/// <summary>What agents ask of each other: facts of one node, its lock, and the steps of plans.</summary>
internal static class NodeEndpoints
{
    /// <summary>The parameters of a step that name other nodes.</summary>
    private static readonly string[] Partners = ["upstream", "source", "successor", "accept"];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var node = routes.MapGroup(Routes.V2 + "/node");
        node.MapGet("", GetAsync).TakesOptions("[fresh=true|false]").Says("What the called agent sees of its node", WireJson.Default.NodeObservation);
        node.MapGet("next-start", GetNextStartAsync).Says("What the next start of the server would make of its files", WireJson.Default.NextStart);
        node.MapGet("settings", GetSettingsAsync).TakesOptions("settings=SETTINGS").GivesContent().Says("What settings are on the called node, and would be", WireJson.Default.SettingsReport);
        node.MapGet("wal", GetWalAsync).Says("Which WAL the called node holds", WireJson.Default.WalPosition);
        node.MapGet("lsn", GetLastRecordAsync).Says("Where its WAL stands: last checkpoint and true last record", WireJson.Default.LastRecord);
        node.MapGet("wal/digest", GetDigestAsync).TakesOptions("from=LSN", "to=LSN").Says("A digest of a range of WAL, for comparison", WireJson.Default.WalDigest);
        node.MapGet("wal/tail", GetTailAsync).TakesOptions("at=LSN").GivesContent().Says("The records before and after a position", WireJson.Default.WalTail);
        node.MapGet("wal/bytes", GetBytesAsync).TakesOptions("from=LSN", "to=LSN").SendsBytes().Says("A range of WAL, byte for byte");
        node.MapPost("lock", LockAsync).TakesBody(StrictJson.Default.OperationLock).IsStep(noted: false).Says("Take the lock of the called node for an operation", WireJson.Default.LockAnswer);
        node.MapDelete("lock/{operation}", Unlock).IsStep(noted: false).Says("Give the lock back", WireJson.Default.LockAnswer);
        node.MapPost("promise", (Delegate)PromiseAsync).TakesBody(StrictJson.Default.StayRequest).IsStep(noted: false)
            .Says("Promise not to become writable for a while: the primary asks for it while etcd does not answer", WireJson.Default.StayRequest);
        node.MapPost("{verb}", StepAsync).ReadsOptions().IsStep().Answers(CallTable.Steps).Says("A step of a plan", WireJson.Default.StepResult);
    }

    private static async Task<IResult> GetAsync(HttpContext http, LocalNode node, bool fresh = false) =>
        Results.Json(await node.ObserveAsync(fresh, http.RequestAborted), WireJson.Default.NodeObservation);

    private static async Task<IResult> GetNextStartAsync(HttpContext http, LocalNode node)
    {
        var next = await node.NextStartAsync(http.RequestAborted);
        return next.IsOk ? Results.Json(next.Value, WireJson.Default.NextStart) : Answers.Refuse(next.Refusal);
    }

    private static async Task<IResult> GetSettingsAsync(HttpContext http, LocalNode node, string settings)
    {
        var report = await node.SettingsAsync(settings, http.RequestAborted);
        return report.IsOk ? Results.Json(report.Value, WireJson.Default.SettingsReport) : Answers.Refuse(report.Refusal);
    }

    private static async Task<IResult> GetWalAsync(HttpContext http, LocalNode node)
    {
        var position = await node.Wal.PositionAsync(http.RequestAborted);
        return position.IsOk ? Results.Json(position.Value, WireJson.Default.WalPosition) : Answers.Refuse(position.Refusal);
    }

    private static async Task<IResult> GetLastRecordAsync(HttpContext http, LocalNode node)
    {
        var record = await node.Wal.LastRecordAsync(http.RequestAborted);
        return record.IsOk ? Results.Json(record.Value, WireJson.Default.LastRecord) : Answers.Refuse(record.Refusal);
    }

    private static async Task<IResult> GetDigestAsync(HttpContext http, LocalNode node, string from, string to)
    {
        if (!Lsn.TryParse(from, out var begin) || !Lsn.TryParse(to, out var end))
            return Answers.Refuse(new(Code.Invalid, $"{from} or {to} is not an LSN", "write LSNs as 0/3000028"));
        var digest = await node.Wal.DigestAsync(begin, end, http.RequestAborted);
        return digest.IsOk ? Results.Json(digest.Value, WireJson.Default.WalDigest) : Answers.Refuse(digest.Refusal);
    }

    private static async Task<IResult> GetBytesAsync(HttpContext http, LocalNode node, string from, string to)
    {
        if (!Lsn.TryParse(from, out var begin) || !Lsn.TryParse(to, out var end) || end <= begin)
            return Answers.Refuse(new(Code.Invalid, $"{from} to {to} is not a range of WAL", "write LSNs as 0/3000028"));
        var bytes = new MemoryStream();
        var copied = await node.Wal.CopyAsync(begin, end, bytes, http.RequestAborted);
        return copied.IsOk ? Results.Bytes(bytes.ToArray(), "application/octet-stream") : Answers.Refuse(copied.Refusal);
    }

    private static async Task<IResult> GetTailAsync(HttpContext http, LocalNode node, string at)
    {
        if (!Lsn.TryParse(at, out var position))
            return Answers.Refuse(new(Code.Invalid, $"{at} is not an LSN", "write LSNs as 0/3000028"));
        var tail = await node.Wal.TailAsync(position, http.RequestAborted);
        return tail.IsOk ? Results.Json(tail.Value, WireJson.Default.WalTail) : Answers.Refuse(tail.Refusal);
    }

    private static async Task<IResult> LockAsync(HttpContext http, StepDesk desk)
    {
        var wanted = await JsonBody.ReadAsync(http.Request, StrictJson.Default.OperationLock, null, "agents take locks by themselves; agents of two versions may not understand each other: update both");
        if (!wanted.IsOk)
            return Answers.Refuse(wanted.Refusal);
        var answer = await desk.LockAsync(wanted.Value, http.RequestAborted);
        return answer.IsOk ? Results.Json(answer.Value, WireJson.Default.LockAnswer) : Answers.Refuse(answer.Refusal);
    }

    private static IResult Unlock(string operation, NodeLock nodeLock)
    {
        nodeLock.Release(operation);
        return Results.Json(new LockAnswer(nodeLock.Holder is null, nodeLock.Holder), WireJson.Default.LockAnswer);
    }

    /// <summary>The holder of the record cannot ask etcd, and asks all other nodes not to become writable meanwhile.</summary>
    private static async Task<IResult> PromiseAsync(HttpContext http)
    {
        if (http.RequestServices.GetService<Promising>() is not { } promising)
            return Answers.Refuse(FailoverEndpoints.Manual);
        var wanted = await JsonBody.ReadAsync(http.Request, StrictJson.Default.StayRequest, null, "agents ask each other by themselves; agents of two versions may not understand each other: update both");
        if (!wanted.IsOk)
            return Answers.Refuse(wanted.Refusal);
        var answer = await promising.AnswerAsync(wanted.Value, http.Request.Headers[Routes.ClusterHeader].FirstOrDefault(), http.RequestAborted);
        return answer.IsOk ? Results.Json(answer.Value, WireJson.Default.StayRequest) : Answers.Refuse(answer.Refusal);
    }

    /// <summary>A step of a running operation; without one, made by hand, it is an operation of its own and takes the locks of all nodes.</summary>
    private static async Task<IResult> StepAsync(HttpContext http, string verb, LocalNode node, StepDesk desk, AgentOptions options, ClusterObserver cluster, ClusterLock locks, LiveOperations live, AgentBoot boot)
    {
        if (StepPath.Parse(node.Name, verb, name => http.Request.Query[name].FirstOrDefault()) is not { } step)
            return Answers.Refuse(new(Code.Invalid, $"there is no step {verb}{http.Request.QueryString}", "POST VERB?OPTION&OPTION: " + string.Join(", ", StepForm.All)), StatusCodes.Status404NotFound);
        var byHand = http.Request.Headers[Routes.OperationHeader].FirstOrDefault() is not { Length: > 0 };
        if (StepPath.Strange(step, Options(http.Request.Query, byHand)) is { } strange)
            return Answers.Refuse(new(Code.Invalid, $"{strange} is no option of this step", $"a step is carried out at once: {step.Path}; POST {Routes.V2}/cluster/... has dry_run"));
        if (Named(http.Request.Query).FirstOrDefault(name => options.Nodes.All(n => n.Name != name)) is { } unknown)
            return Answers.Refuse(new(Code.WrongState, $"{node.Name} knows no node {unknown}", $"its `nodes` are: {string.Join(", ", options.Nodes.Select(n => n.Name))}"));
        if (!byHand)
        {
            if (Order(http.Request.Headers) is not { } order)
                return Answers.Refuse(new(Code.Invalid, $"{Routes.StepHeader} is no number", "agents send it by themselves; update the agents to one version"));
            var done = await desk.RunForAsync(step, order, http.Request.Headers[Routes.ClusterHeader].FirstOrDefault(), http.RequestAborted);
            return Results.Json(done, WireJson.Default.StepResult);
        }
        if (http.Request.Query["force"].FirstOrDefault() != "true" && OwnerRules.Refuse(step, await node.ObserveAsync(fresh: true, http.RequestAborted)) is { } owned)
            return Answers.Refuse(owned);
        if (step is not StopServer && AgreementRules.Refuse(await cluster.ObserveAsync(fresh: true, http.RequestAborted)) is { } disagreement)
            return Answers.Refuse(disagreement);
        var own = new OperationLock("by-hand-" + Guid.NewGuid().ToString("N"), node.Name, boot.Id, step.Words, options.Identity, Regardless: step is StopServer);
        return await ByHandAsync(step, own, desk, locks, live, http.RequestAborted);
    }

    /// <summary>Null where the number of the step cannot be read: it must not count as one that has none.</summary>
    private static StepOrder? Order(IHeaderDictionary headers)
    {
        var operation = headers[Routes.OperationHeader].ToString();
        if (headers[Routes.StepHeader].FirstOrDefault() is not { } text)
            return new(operation);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new(operation, number) : null;
    }

    /// <summary>Beside those of the step: by hand, force answers for who owns the server.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Options(IQueryCollection query, bool byHand) => query
        .Select(o => KeyValuePair.Create(o.Key, o.Value.ToString()))
        .Where(o => !(byHand && o.Key == "force" && bool.TryParse(o.Value, out _)));

    private static IEnumerable<string> Named(IQueryCollection query) => Partners.SelectMany(p => query[p].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries));

    private static async Task<IResult> ByHandAsync(
        Step step, OperationLock own, StepDesk desk, ClusterLock locks, LiveOperations live, CancellationToken cancel)
    {
        live.Begin(own.Operation);
        try
        {
            if (await locks.TakeAsync(own, cancel) is { } busy)
                return Answers.Refuse(busy);
            var result = await desk.RunByHandAsync(step, own.Operation, cancel);
            return result.Failure is { } failure ? Answers.Refuse(failure) : Results.Json(result, WireJson.Default.StepResult);
        }
        finally
        {
            await locks.ReleaseAsync(own.Operation, CancellationToken.None);
            live.End(own.Operation);
        }
    }
}
