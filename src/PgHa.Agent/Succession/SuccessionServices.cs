using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;
using PgHa.Agent.Files;
using PgHa.Agent.Guard;
using PgHa.Agent.Leadership;
using PgHa.Agent.Operations;
using PgHa.Agent.Postgres;
using PgHa.Agent.Steps;

namespace PgHa.Agent.Succession;

/// <summary>Registers automatic failover.</summary>
public static partial class SuccessionServices
{
    private const int Rounds = 50;

    /// <summary>Adds everything in this folder; in manual mode nothing but the right that nobody keeps.</summary>
    /// <param name="services">The agent's services.</param>
    /// <param name="options">The options.</param>
    /// <param name="etcd">The client; null in manual mode.</param>
    public static IServiceCollection AddSuccession(this IServiceCollection services, AgentOptions options, EtcdClient? etcd)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton<FailoverState>().AddSingleton(s => Promise(options, s.GetRequiredService<ILoggerFactory>()));
        if (etcd is null)
            return services.AddSingleton<IWriteRight, ManualRight>().AddHostedService<LeftGuard>();
        var call = options.Failover.Times.Renewal;
        return services
            .AddSingleton(etcd)
            .AddSingleton(new EtcdRecords(etcd, options.Cluster, new RecordMemoryFile(options.State.Record)))
            .AddSingleton(new EtcdNotes(etcd, options.Cluster, call))
            .AddSingleton(new EtcdSchedule(etcd, options.Cluster, call))
            .AddSingleton(new EtcdSyncRecords(etcd, options.Cluster, call))
            .AddSingleton(new EtcdPledges(etcd, options.Cluster, call))
            .AddSingleton<PledgeDesk>()
            .AddHostedService(s => s.GetRequiredService<PledgeDesk>())
            .AddSingleton<IWalSenders, WalSenders>()
            .AddSingleton<KeepingUp>()
            .AddSingleton<SyncDuty>()
            .AddHostedService(s => s.GetRequiredService<SyncDuty>())
            .AddSingleton<Func<TimeSpan>>(SinceBoot)
            .AddSingleton<SuccessionPast>()
            .AddSingleton<PulseQuery>()
            .AddSingleton(s => new ServerPulse(options.Failover, s.GetRequiredService<PulseQuery>().LooksAliveAsync, () => s.GetRequiredService<StepTrace>().Last is { Running: true },
                s.GetRequiredService<TimeProvider>()))
            .AddHostedService(s => s.GetRequiredService<ServerPulse>())
            .AddSingleton<IGuard>(s => new GuardLink(options.Postgres.DataDir, options.State.Guard, Environment.ProcessPath!, s.GetRequiredService<TimeProvider>()))
            .AddSingleton(s => new RecordTerms(options.Node, Boot(), options.Failover.D, FailoverTimes.UsualStop, () => System(s.GetRequiredService<DataDirectory>()),
                () => Kill(options.Postgres.DataDir), () => s.GetRequiredService<DataDirectory>().HasStandbySignal)
            {
                Revocable = options.Failover.Revokes,
            })
            .AddSingleton(s => new Tenure(s.GetRequiredService<RecordTerms>(), s.GetRequiredService<EtcdRecords>(), s.GetRequiredService<IGuard>(), s.GetRequiredService<ServerPulse>(),
                s.GetRequiredService<ClusterObserver>(), s.GetRequiredService<OwnPromise>(),
                options.Failover.StayWithoutEtcd ? s.GetRequiredService<Members>() : null, SinceBoot, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<UniqueName>(), s.GetRequiredService<ILogger<Tenure>>()))
            .AddSingleton<IWriteRight, SynchronousRight>()
            .AddSingleton(s => new Lazy<ActingNodes>(s.GetRequiredService<ActingNodes>))
            .AddSingleton<Members>()
            .AddSingleton<Promising>()
            .AddSingleton<ServerProbe>()
            .AddSingleton<StopProgram>()
            .AddSingleton<OldPrimaryWatch>()
            .AddSingleton(s => new AcknowledgedMemory(options.State.Acknowledged, s.GetRequiredService<TimeProvider>()))
            .AddSingleton<ISurroundings, Surroundings>()
            .AddSingleton<SuccessionSights>()
            .AddSingleton<RecordCalls>()
            .AddSingleton(s => new Lazy<OperationRunner>(s.GetRequiredService<OperationRunner>))
            .AddSingleton<SuccessionActing>()
            .AddSingleton<SuccessionLoop>()
            .AddSingleton<SyncRelease>()
            .AddSingleton<Explanation>()
            .AddSingleton<MachineHandover>()
            .AddHostedService<DeadlineWatch>()
            .AddHostedService(s => s.GetRequiredService<SuccessionLoop>())
            .AddHostedService<ScheduleLoop>();
    }

    /// <summary>As the guard does. What does not end of SIGKILL hangs on a disk: the next round finds it.</summary>
    private static void Kill(string dataDirectory)
    {
        var fence = new Fence(dataDirectory);
        for (var round = 0; round < Rounds && !fence.EndAll(); round++)
        {
            // each waits a moment for those that it found
        }
        fence.MakeStandby();
    }

    private static OwnPromise Promise(AgentOptions options, ILoggerFactory logging)
    {
        var promise = new OwnPromise(new PromiseFile(options.State.Promise), Boot(), SinceBoot);
        if (promise.Problem is { } problem)
            LogUnread(logging.CreateLogger<OwnPromise>(), options.Node, problem, promise.Left.TotalSeconds);
        return promise;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "what {Node} has promised cannot be read, or kept ({Why}): it does not become writable for {Seconds:F0} s")]
    private static partial void LogUnread(ILogger log, string node, string why, double seconds);

    private static TimeSpan SinceBoot() => BootClock.Elapsed() ?? throw new IOException("the kernel does not say how long the machine has run");

    private static string Boot() => BootClock.Id() ?? throw new IOException("the kernel does not say which boot of the machine this is");

    private static string? System(DataDirectory data) => data.ReadControl() is { IsOk: true } control ? Client.Facts.ControlFacts.From(control.Value).SystemIdentifier : null;
}
