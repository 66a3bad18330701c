using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Api.Health;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Postgres;
using PgHa.Agent.Succession;

namespace PgHa.Agent.Api.Metrics;

/// <summary><c>GET /metrics</c> for Prometheus. It names slots and standbys, so it needs the token where there is one.</summary>
internal static class MetricsEndpoint
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/metrics", (Delegate)GetAsync).Says("Metrics of the called node for Prometheus").Gives("text/plain; version=0.0.4; charset=utf-8");

    private static async Task<IResult> GetAsync(HttpContext http, AgentOptions options, HealthSights sights, OperationStore store, DataDirectory data, TimeProvider time)
    {
        var health = await sights.GatherAsync(others: true, http.RequestAborted);
        var seen = http.RequestServices.GetService<SuccessionLoop>()?.Last?.Facts;
        var read = seen is { Record: not (RecordState.Outage or RecordState.Unusable) };
        var facts = new MetricFacts(options.Cluster, health, time.GetUtcNow())
        {
            StartedAt = PostmasterPid.ReadReady(data.Root)?.Started is { } started && double.TryParse(started, NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : null,
            Paused = read ? seen!.Paused : null,
            Unlocked = read ? seen!.Record is RecordState.RanOut : null,
            Stays = seen is null ? null : seen.StaysBy.Count > 0,
            Operations = [.. store.All],
        };
        return Results.Text(NodeMetrics.Write(facts), "text/plain; version=0.0.4; charset=utf-8");
    }
}
