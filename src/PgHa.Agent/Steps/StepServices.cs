using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Steps;

/// <summary>Registers what carries steps out.</summary>
public static class StepServices
{
    /// <summary>Adds everything in this folder.</summary>
    /// <param name="services">The agent's services.</param>
    /// <param name="node">The node of this agent.</param>
    /// <param name="identity">The cluster as its configuration describes it.</param>
    public static IServiceCollection AddSteps(this IServiceCollection services, string node, ClusterIdentity identity) => services
        .AddSingleton<NodeLock>()
        .AddSingleton<StepProgress>()
        .AddSingleton(s => StepDesks.Make(node, identity, s.GetRequiredService<ClusterObserver>(), s.GetRequiredService<NodeLock>(), s.GetRequiredService<IHands>(), s.GetRequiredService<IWriteRight>(),
            s.GetRequiredService<StepProgress>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<StepDesk>>()));
}
