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
        .AddSingleton<WalEnds>()
        .AddSingleton<WalReading>()
        .AddSingleton<WalStaging>()
        .AddSingleton<WalPlacing>()
        .AddSingleton<LastRecordReading>()
        .AddSingleton<WalListing>()
        .AddSingleton<ServerStart>()
        .AddSingleton<ShutdownWait>()
        .AddSingleton<ServerStop>()
        .AddSingleton<Promotion>()
        .AddSingleton<SlotProblem>()
        .AddSingleton<SlotUpkeep>()
        .AddHostedService(s => s.GetRequiredService<SlotUpkeep>())
        .AddSingleton<UpstreamSlot>()
        .AddSingleton<UpstreamSetting>()
        .AddSingleton<RecoverySettingsReading>()
        .AddSingleton<UpstreamCheck>()
        .AddSingleton<WalCompletion>()
        .AddSingleton<WalReplay>()
        .AddSingleton<PeerLogin>()
        .AddSingleton<ListenPlace>()
        .AddSingleton<DirectorySwap>()
        .AddSingleton<ClusterInit>()
        .AddSingleton<CloneCheck>()
        .AddSingleton<CloneSettings>()
        .AddSingleton<BaseBackup>()
        .AddSingleton<DataSteps>()
        .AddSingleton<RewindMarker>()
        .AddSingleton<SalvageStore>()
        .AddSingleton<RelationNames>()
        .AddSingleton<Salvage>()
        .AddSingleton<Rewind>()
        .AddSingleton<RewindCheck>()
        .AddSingleton<Reclone>()
        .AddSingleton<RejoinSteps>()
        .AddSingleton<StandbyLevel>()
        .AddSingleton<HandoverEnd>()
        .AddSingleton<StartupNudge>()
        .AddSingleton<WalTailWriting>()
        .AddSingleton<InstanceActions>()
        .AddSingleton<LocalSteps>()
        .AddSingleton<LocalNode>();
}
