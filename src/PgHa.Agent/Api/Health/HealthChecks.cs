using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Etcd;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.Health;

/// <summary>A connection to <c>health_listen</c>: nothing but health checks is answered there.</summary>
internal sealed class HealthConnection;

/// <summary>
/// Answers health checks, before anything else looks at a request: load balancers have no token, and send no host. They read roles, and change nothing.
/// </summary>
internal static class HealthChecks
{
    private const string Patroni = "/patroni", Cluster = "/cluster", History = "/history";

    /// <param name="app">The agent.</param>
    /// <param name="apart">Health checks have a listener of their own, where nothing else is answered.</param>
    internal static void Use(WebApplication app, bool apart)
    {
        var (sights, answers) = (app.Services.GetRequiredService<HealthSights>(), app.Services.GetRequiredService<HealthAnswers>());
        app.Use(next => context => IsCheck(context.Request) ? AnswerAsync(context, sights, answers)
            : !apart || context.Features.Get<HealthConnection>() is null ? next(context)
            : Answers.WriteAsync(context, new(Code.Invalid, "only health checks are answered here", $"GET, HEAD or OPTIONS {string.Join(", ", HealthRules.Table.Select(r => r.Path))}, {Patroni}, {Cluster}, {History}"),
                StatusCodes.Status404NotFound));
    }

    private static bool IsCheck(HttpRequest request) => (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
        && request.Path.Value is { } path && (path is Patroni or Cluster or History || HealthRules.Of(path) is not null);

    private static async Task AnswerAsync(HttpContext context, HealthSights sights, HealthAnswers answers)
    {
        var (path, options) = (context.Request.Path.Value!, Options(context.Request));
        context.Response.Headers.CacheControl = "no-store";
        if (!options.IsOk)
            await Answers.WriteAsync(context, options.Refusal, StatusCodes.Status400BadRequest);
        else if (HealthRules.Of(path) is { } row)
            await JudgeAsync(context, row, options.Value, sights, answers);
        else if (path == History)
            await HistoryAsync(context);
        else
            await ShowAsync(context, await sights.GatherAsync(others: path == Cluster, context.RequestAborted), path == Cluster ? answers.Cluster : answers.Node);
    }

    private static async Task JudgeAsync(HttpContext context, HealthRow row, HealthOptions options, HealthSights sights, HealthAnswers answers)
    {
        var facts = await sights.GatherAsync(row.AsksOthers, context.RequestAborted);
        context.Response.StatusCode = row.Is(facts, options) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await ShowAsync(context, facts, answers.Node);
    }

    private static Task ShowAsync(HttpContext context, HealthFacts facts, Action<System.Text.Json.Utf8JsonWriter, HealthFacts> write) =>
        HttpMethods.IsGet(context.Request.Method) ? new WrittenJson(json => write(json, facts)).ExecuteAsync(context) : Task.CompletedTask;

    private static async Task HistoryAsync(HttpContext context)
    {
        var history = context.RequestServices.GetService<EtcdNotes>() is { } notes ? await notes.HistoryAsync(context.RequestAborted) : default;
        context.Response.StatusCode = history.IsOk ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        if (HttpMethods.IsGet(context.Request.Method))
            await new WrittenJson(json => HealthAnswers.History(json, history.Value ?? [])).ExecuteAsync(context);
    }

    private static Answer<HealthOptions> Options(HttpRequest request) => request.Query.Count == 0 ? HealthOptions.None
        : request.Query.FirstOrDefault(o => o.Value.Count != 1) is { Key: { } twice } ? new Refusal(Code.Invalid, $"option {twice} is given more than once", "give it once")
        : HealthRules.Read(request.Query.Select(o => KeyValuePair.Create(o.Key, o.Value[0]!)));
}
