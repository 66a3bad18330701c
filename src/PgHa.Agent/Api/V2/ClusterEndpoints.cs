using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V2;

/// <summary>Changes of the cluster in native words (<see cref="RequestForm"/>). They are answered at once with the operation, which is a resource to look at.</summary>
internal static class ClusterEndpoints
{
    private const string Fields = "fields: target, order, by, unlogged, from, settings, at, dry_run, stepwise, force, reason";

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost(Routes.V2 + "/cluster/{verb}", PostAsync).TakesBody(StrictJson.Default.ClusterChange)
        .Answers(CallTable.NativeRequests).Says("A change in native words", WireJson.Default.OperationReport)
        .Gives(StatusCodes.Status202Accepted, WireJson.Default.OperationReport).Gives(StatusCodes.Status202Accepted, WireJson.Default.ScheduledSwitchover);

    private static async Task<IResult> PostAsync(HttpContext http, string verb, AgentOptions options, OperationRunner runner, RepeatedCalls calls)
    {
        var known = RequestForm.AllCalls.Where(c => c.Path == ChangeFields.Resource + verb).ToArray();
        if (known.Length == 0)
            return Answers.Refuse(new(Code.Invalid, $"there is no {http.Request.Path}", $"possible: {string.Join(", ", Verbs())}"), StatusCodes.Status404NotFound);
        var asked = await ReadAsync(http, options);
        if (!asked.IsOk)
            return Answers.Refuse(asked.Refusal);
        var given = ChangeFields.Of(asked.Value);
        if (asked.Value.Settings is { } settings && (SettingChange.Parse(settings).Refusal ?? SettingsEndpoints.RefuseCaller(http, settings)) is { } unread)
            return Answers.Refuse(unread, unread.Code == Code.Credentials ? StatusCodes.Status403Forbidden : null);
        if (known.FirstOrDefault(c => c.Takes(given)) is not { } call)
            return Answers.Refuse(new(Code.Invalid, $"{verb} does not know {string.Join(", ", given.Select(g => $"{g.Key}={g.Value}"))}", $"possible: {string.Join("; ", known.Select(c => c.Text))}"));
        if (asked.Value.At is not null)
            return await ScheduleEndpoints.AddAsync(http, verb, asked.Value);
        var meant = call.Make(options.Node, given.GetValueOrDefault);
        return await BeginAsync(http, meant.Under(new() { Force = asked.Value.Force }), asked.Value, runner, calls);
    }

    private static async Task<IResult> BeginAsync(HttpContext http, MandatedRequest change, ClusterChange asked, OperationRunner runner, RepeatedCalls calls)
    {
        if (asked.DryRun)
        {
            var plan = await runner.DryRunAsync(change, http.RequestAborted);
            return plan.IsOk ? Results.Json(plan.Value, WireJson.Default.OperationReport) : Answers.Refuse(plan.Refusal);
        }
        var conduct = new Conduct { Stepwise = asked.Stepwise, Reason = asked.Reason, Call = RepeatHeaders.CallOf(http, waits: false) };
        var begun = await calls.BeginAsync(change, conduct, http.RequestAborted);
        if (!begun.IsOk)
            return Answers.Refuse(begun.Refusal);
        if (begun.Value.OtherRequest is { } other)
            return Answers.Refuse(other, StatusCodes.Status422UnprocessableEntity);
        if (begun.Value.Repeated)
            RepeatHeaders.Repeated(http, begun.Value.Report);
        http.Response.Headers.Location = $"{Routes.V2}/operations/{begun.Value.Report.Id}";
        return Results.Json(begun.Value.Report, WireJson.Default.OperationReport, statusCode: StatusCodes.Status202Accepted);
    }

    /// <summary>Strict: a field that is misspelt must not be ignored in a role change.</summary>
    private static async Task<Answer<ClusterChange>> ReadAsync(HttpContext http, AgentOptions options)
    {
        var read = await JsonBody.ReadAsync(http.Request, StrictJson.Default.ClusterChange, new(), Fields);
        return read.IsOk && new[] { read.Value.Target, read.Value.From }.OfType<string>().FirstOrDefault(named => options.Nodes.All(n => n.Name != named)) is { } unknown
            ? new Refusal(Code.Invalid, $"there is no node {unknown}", $"nodes: {string.Join(", ", options.Nodes.Select(n => n.Name))}")
            : read;
    }

    private static IEnumerable<string> Verbs() => RequestForm.AllCalls.Where(c => c.IsNative).Select(c => c.Path["v2/".Length..]).Distinct();
}
