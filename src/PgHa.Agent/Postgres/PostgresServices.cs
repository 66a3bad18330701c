using Microsoft.Extensions.DependencyInjection;

namespace PgHa.Agent.Postgres;

/// <summary>Registers the hands on the local instance.</summary>
public static class PostgresServices
{
    /// <summary>Adds everything in this folder.</summary>
    public static IServiceCollection AddPostgres(this IServiceCollection services) => services
        .AddSingleton<DataDirectory>()
        .AddSingleton<LocalSql>()
        .AddSingleton<StepTrace>()
        .AddSingleton<PostgresBinaries>()
        .AddSingleton<InstanceObserver>()
        .AddSingleton<SharedObservation>()
        .AddSingleton<WalReading>()
        .AddSingleton<LastRecordReading>()
        .AddSingleton<WalListing>()
        .AddSingleton<ServerStart>()
        .AddSingleton<ServerStop>()
        .AddSingleton<Promotion>()
        .AddSingleton<UpstreamSetting>()
        .AddSingleton<UpstreamCheck>()
        .AddSingleton<WalCompletion>()
        .AddSingleton<WalReplay>()
        .AddSingleton<InstanceActions>()
        .AddSingleton<LocalSteps>()
        .AddSingleton<LocalNode>();
}
