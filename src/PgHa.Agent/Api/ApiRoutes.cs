using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Api.Document;
using PgHa.Agent.Api.Metrics;
using PgHa.Agent.Api.V1;
using PgHa.Agent.Api.V2;

namespace PgHa.Agent.Api;

/// <summary>All routes of the agent but the health checks. The agent answers these, and the API's document names these.</summary>
internal static class ApiRoutes
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        InstanceEndpoints.Map(routes);
        ChangeEndpoints.Map(routes);
        LsnEndpoints.Map(routes);
        WalFileEndpoints.Map(routes);
        SlotEndpoints.Map(routes);
        NodeEndpoints.Map(routes);
        NodeSlotEndpoints.Map(routes);
        OperationEndpoints.Map(routes);
        StatusEndpoints.Map(routes);
        SalvageEndpoints.Map(routes);
        FailoverEndpoints.Map(routes);
        RecordEndpoints.Map(routes);
        HandoverEndpoints.Map(routes);
        ConfigurationEndpoints.Map(routes);
        AuditEndpoints.Map(routes);
        ScheduleEndpoints.Map(routes);
        ModeEndpoints.Map(routes);
        ClusterEndpoints.Map(routes);
        SettingsEndpoints.Map(routes);
        MetricsEndpoint.Map(routes);
        DocumentEndpoints.Map(routes);
    }
}
