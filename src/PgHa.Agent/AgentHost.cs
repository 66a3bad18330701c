using System.Net;
using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Api;
using PgHa.Agent.Api.Health;
using PgHa.Agent.Api.V1;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Agent.Operations;
using PgHa.Agent.Peers;
using PgHa.Agent.Postgres;
using PgHa.Agent.Security;
using PgHa.Agent.Steps;
using PgHa.Agent.Succession;
using PgHa.Agent.Traces;
using PgHa.Agent.Upkeep;
using PgHa.Client;

namespace PgHa.Agent;

/// <summary>Puts the agent together.</summary>
public static partial class AgentHost
{
    /// <summary>The agent, ready to run.</summary>
    /// <param name="start">What it starts with.</param>
    private static WebApplication Build(AgentStart start)
    {
        var (options, certificate) = (start.Options, start.Certificate);
        var (secured, time) = (options.Security.AsksForToken, TimeProvider.System);
        var etcd = start.Connect(time).Client;
        Linux.KeepFilesPrivate();
        var tightened = PrivateFiles.Tighten(options.State.Private);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear(); // the agent's configuration is one file and PGHA__ variables, nothing else
        AgentLog.AddTo(builder.Logging, options.Log);
        var (access, local) = (new AccessToken(start.Token, time), new LocalToken(start.LocalToken));
        var served = certificate is null ? null : new AgentCertificate(certificate, start.Clients);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, served));
        builder.Services.Configure<HostOptions>(o => (o.ShutdownTimeout, o.BackgroundServiceExceptionBehavior) = (TimeSpan.FromSeconds(5), BackgroundServiceExceptionBehavior.Ignore));
        builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, WireJson.Default));
        builder.Services
            .AddSingleton(options)
            .AddSingleton(start)
            .AddSingleton(access)
            .AddSingleton(local)
            .AddSingleton(PeerAccess.Of(options, () => served?.Clients, time))
            .AddSingleton(new OwnCertificate(() => served?.Current))
            .AddHostedService<CertificateWatch>()
            .AddSingleton(new ServiceUnit(start.Environment))
            .AddSingleton(new OwnApi(options.Listen, served, time))
            .AddHostedService<Heartbeat>()
            .AddSingleton(s => new LeavingNodes(options, s.GetRequiredService<ClusterObserver>(), s.GetService<Tenure>))
            .AddSingleton<ConfigurationReload>()
            .AddHostedService(s => s.GetRequiredService<ConfigurationReload>())
            .AddSingleton(s => new SecretsReload(options, access, local, served, time, s.GetRequiredService<ILogger<SecretsReload>>()))
            .AddSingleton(time)
            .AddSingleton<IMemoryPoolFactory<byte>, LargeBlocks>()
            .AddSingleton(s => Named(options.Security.TokensFile, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<NamedTokens>>()))
            .AddSingleton<AuditLog>()
            .AddSingleton<Changes>()
            .AddSingleton<WalUploads>()
            .AddSingleton<SlotLevel>()
            .AddSingleton<BeginChange>(services => async (request, reason, cancel) =>
                (await services.GetRequiredService<OperationRunner>().BeginUnaskedAsync(request, reason, cancel)).Refusal)
            .AddPostgres()
            .AddSteps(options.Node, options.Identity)
            .AddPeers()
            .AddOperations(options)
            .AddSuccession(options, etcd)
            .AddSingleton<HealthSights>()
            .AddSingleton<HealthAnswers>()
            .AddSingleton<OperationTraces>()
            .AddUpkeep();
        if (secured)
            AddAuthentication(builder.Services);

        var app = builder.Build();
        var runner = app.Services.GetRequiredService<OperationRunner>(); // a service that cannot be built must fail now, not at the first call
        app.Lifetime.ApplicationStarted.Register(runner.TakeUpInterrupted);
        app.Services.GetRequiredService<ServiceUnit>().Follow(app.Lifetime, app.Services.GetRequiredService<ConfigurationReload>(), $"{options.Node} in cluster {options.Cluster} on {options.Listen}", app.Logger);
        runner.Ended += app.Services.GetRequiredService<AuditLog>().Ended;
        runner.Ended += app.Services.GetRequiredService<OperationTraces>().Ended;
        TakeBack<PostmasterPause>(app, "a stopped postmaster", p => p.RecoverAfterCrash());
        TakeBack<SignalAside>(app, "standby.signal, taken away for a server in single-user mode", s => s.RecoverAfterCrash());
        TakeBack<RewindMarker>(app, "files taken away for a rewind", r => r.PutBackUnlessBegun());
        TakeBack<WalStaging>(app, "half received WAL", w => w.RemoveLeftovers());
        app.UseExceptionHandler(failed => failed.Run(Answers.WriteFailureAsync));
        HealthChecks.Use(app, options.HealthListen is not null);
        BrowserGuard.Use(app, options, secured);
        AnswerForm.Use(app);
        app.UseStatusCodePages(context => Answers.WriteEmptyAsync(context.HttpContext));
        if (secured)
            app.UseAuthentication().UseAuthorization();
        AccessGuard.Use(app, secured);
        RequestGuard.Use(app);
        ApiRoutes.Map(app);
        RemoveLeftoversOnceStarted(app);
        if (tightened.Count > 0)
            LogTightened(app.Logger, tightened.Count, tightened[0]);
        app.Services.GetRequiredService<SecretsReload>(); // from now on
        if (AgentRules.Warn(options) is { } unsafely)
            LogUnsafe(app.Logger, unsafely.Message, unsafely.Hint);
        if (certificate is not null && (TlsFiles.Warn(certificate, time.GetUtcNow()) ?? PeerAccess.Warn(options, certificate, start.Clients, time)) is { } invalid)
            LogUnsafe(app.Logger, invalid.Message, invalid.Hint);
        LogStarting(app.Logger, options.Node, options.Cluster, options.Listen, options.Postgres.DataDir);
        if (DataOwner.Problem(options.Postgres.DataDir) is { } owner)
            LogOwner(app.Logger, owner);
        return app;
    }

    /// <summary>From now on SIGHUP does not end this process, also while no agent listens to it yet, or any more.</summary>
    public static IDisposable HearHangup()
    {
        Linux.IgnoreHangup(false);
        return PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
    }

    /// <summary>Runs an agent to its end; whether this run has ended so that the next one begins with another configuration.</summary>
    /// <param name="start">What it starts with.</param>
    /// <param name="cancel">Ends it.</param>
    public static async Task<bool> RunAsync(AgentStart start, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(start);
        await using var app = Build(start);
        var reload = app.Services.GetRequiredService<ConfigurationReload>(); // the services are gone when it has ended
        await ((IHost)app).RunAsync(cancel);
        return reload.BeginsAgain;
    }

    /// <summary>The program is executed anew in this process, with the same arguments. It does not return.</summary>
    /// <param name="environment">The variables of the process.</param>
    /// <exception cref="IOException">It cannot be executed.</exception>
    public static void BeginAgain(IReadOnlyDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        Linux.Become(Environment.ProcessPath!, Environment.GetCommandLineArgs(), environment.Select(v => $"{v.Key}={v.Value}"));
    }

    /// <summary>Takes back what a killed agent left and must not stay. What cannot be taken back is named, and the agent starts, because it shows and repairs such things.</summary>
    private static void TakeBack<T>(WebApplication app, string what, Action<T> take)
        where T : notnull
    {
        try
        {
            take(app.Services.GetRequiredService<T>());
        }
        catch (Exception e)
        {
            LogNotTakenBack(app.Logger, what, e.Message);
        }
    }

    /// <summary>Removes what a broken-off clone left beside the data directory. Only once this agent listens, because then no other agent works there.</summary>
    private static void RemoveLeftoversOnceStarted(WebApplication app) => app.Lifetime.ApplicationStarted.Register(() => _ = Task.Run(async () =>
    {
        try
        {
            if (await app.Services.GetRequiredService<StepDesk>().RemoveLeftoversAsync(app.Lifetime.ApplicationStopping) is { } problem)
                LogLeftover(app.Logger, problem.Message);
        }
        catch (Exception e) when (!app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            LogLeftover(app.Logger, e.Message);
        }
    }));

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}; the next clone tries again")]
    private static partial void LogLeftover(ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "others could read {Count} files of this agent, which may hold rows of the database; they cannot any more ({First} first)")]
    private static partial void LogTightened(ILogger log, int count, string first);

    [LoggerMessage(Level = LogLevel.Error, Message = "an earlier agent left {What} as it must not stay, and it could not be taken back: {Why}; mend that, and restart the agent")]
    private static partial void LogNotTakenBack(ILogger log, string what, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning} (hint: {Hint})")]
    private static partial void LogUnsafe(ILogger log, string warning, string hint);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Problem}")]
    private static partial void LogOwner(ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "agent of {Node} in cluster {Cluster} on {Listen}, data directory {DataDirectory}")]
    private static partial void LogStarting(ILogger log, string node, string cluster, Uri listen, string dataDirectory);

    private static void AddAuthentication(IServiceCollection services)
    {
        // The core only: AddAuthentication brings data protection along, with key files and a slower start.
        services.AddWebEncoders().AddTransient<TokenAuthentication>().AddAuthenticationCore(o =>
        {
            o.DefaultScheme = TokenAuthentication.Name;
            o.AddScheme<TokenAuthentication>(TokenAuthentication.Name, null);
        });
        services.AddAuthorizationBuilder().SetFallbackPolicy(
            new Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder(TokenAuthentication.Name).RequireAuthenticatedUser().Build());
    }

    private static NamedTokens Named(string? file, TimeProvider time, ILogger log) => file is null ? new(() => null, () => ([], null), _ => { }, time)
        : new(() => Linux.Version(file), () => AgentStart.ReadTokens(file), why => LogTokens(log, why), time);

    [LoggerMessage(Level = LogLevel.Error, Message = "security.tokens_file stays as it was read before: {Why}")]
    private static partial void LogTokens(ILogger logger, string why);

    private static void Listen(KestrelServerOptions kestrel, AgentOptions options, AgentCertificate? certificate)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxResponseBufferSize = 1 << 19; // two pieces of a file: one is read while the other is sent
        kestrel.Limits.MaxRequestBodySize = 2L << 30; // the largest WAL segment is 1 GB
        Listen(kestrel, options.Listen, certificate, null);
        if (options.HealthListen is { } health)
            Listen(kestrel, health, certificate, connection => connection.Features.Set(new HealthConnection()));
    }

    private static void Listen(KestrelServerOptions kestrel, Uri at, AgentCertificate? certificate, Action<ConnectionContext>? mark)
    {
        var addresses = IPAddress.TryParse(at.DnsSafeHost, out var address) ? [address] : Dns.GetHostAddresses(at.DnsSafeHost);
        foreach (var each in addresses)
            kestrel.Listen(each, at.Port, listen =>
            {
                if (mark is not null)
                    listen.Use(next => connection =>
                    {
                        mark(connection);
                        return next(connection);
                    });
                if (certificate is not null && at.Scheme == Uri.UriSchemeHttps)
                    listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = c => ValueTask.FromResult(ServerTls(certificate, mark is null ? c.Connection : null)) });
            });
    }

    /// <summary>
    /// Who presents no certificate, or one that does not count, is let through here: the call is refused then with words that help (<see cref="TokenAuthentication"/>), and people have tokens.
    /// </summary>
    private static SslServerAuthenticationOptions ServerTls(AgentCertificate certificate, BaseConnectionContext? asked)
    {
        var options = new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Current };
        if (asked is null || certificate.Clients is not { } clients)
            return options;
        var presented = new PresentedCertificate();
        asked.Features.Set(presented);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(clients);
        options.ClientCertificateRequired = true; // asked for
        options.CertificateChainPolicy = policy;
        options.AllowTlsResume = false; // a session that is taken up again has no certificates of authorities between
#pragma warning disable CA5359 // it is judged with each call
        options.RemoteCertificateValidationCallback = (_, own, chain, _) =>
        {
            presented.Keep(own, chain);
            return true;
        };
#pragma warning restore CA5359
        return options;
    }
}
