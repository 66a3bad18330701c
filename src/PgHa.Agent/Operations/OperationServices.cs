using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Operations;

/// <summary>Registers what carries plans out.</summary>
public static class OperationServices
{
    /// <summary>Adds everything in this folder.</summary>
    public static IServiceCollection AddOperations(this IServiceCollection services, AgentOptions options) => services
        .AddSingleton(new OperationStore(new DiskJournal(options.State.Operations)))
        .AddSingleton<UniqueName>(() => Guid.NewGuid().ToString("N"))
        .AddSingleton<AgentBoot>()
        .AddSingleton(s => MachineClock.OfThisMachine(s.GetRequiredService<AgentBoot>(), s.GetRequiredService<TimeProvider>()))
        .AddSingleton<LiveOperations>()
        .AddSingleton<ClusterLock>()
        .AddSingleton<PlanReport>()
        .AddSingleton<StageRunner>()
        .AddSingleton<OutcomeWatch>()
        .AddSingleton<FreshDecision>()
        .AddSingleton<Resumption>()
        .AddSingleton<AgreementLog>()
        .AddSingleton<ViewSeen>(s => s.GetRequiredService<AgreementLog>().Note)
        .AddSingleton<OperationRunner>()
        .AddSingleton<RepeatedCalls>();
}
