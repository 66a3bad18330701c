using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Api;
using PgHa.Agent.Api.V1;
using PgHa.Agent.Api.V2;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Agent.Operations;
using PgHa.Agent.Peers;
using PgHa.Agent.Postgres;
using PgHa.Agent.Security;
using PgHa.Client;

namespace PgHa.Agent;

/// <summary>Puts the agent together.</summary>
public static partial class AgentHost
{
    /// <summary>The agent, ready to run.</summary>
    /// <param name="options">Validated options.</param>
    /// <param name="token">The content of the token file, or null where none is configured.</param>
    public static WebApplication Build(AgentOptions options, string? token)
    {
        ArgumentNullException.ThrowIfNull(options);
        Linux.KeepFilesPrivate();
        var tightened = PrivateFiles.Tighten(PrivateFiles.Of(options.StateDir));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear(); // the agent's configuration is one file and PGHA__ variables, nothing else
        AddLogging(builder.Logging);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.Configure<HostOptions>(o => (o.ShutdownTimeout, o.BackgroundServiceExceptionBehavior) = (TimeSpan.FromSeconds(5), BackgroundServiceExceptionBehavior.Ignore));
        builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, WireJson.Default));
        builder.Services
            .AddSingleton(options)
            .AddSingleton(new AccessToken(token))
            .AddSingleton(TimeProvider.System)
            .AddSingleton<IMemoryPoolFactory<byte>, LargeBlocks>()
            .AddSingleton<Changes>()
            .AddSingleton<WalUploads>()
            .AddSingleton<SlotLevel>()
            .AddSingleton<BeginChange>(services => async (request, cancel) =>
                (await services.GetRequiredService<OperationRunner>().BeginAsync(request, Conduct.Usual, cancel)).Refusal)
            .AddPostgres()
            .AddPeers()
            .AddOperations(options);
        if (token is not null)
            AddAuthentication(builder.Services);

        var app = builder.Build();
        var runner = app.Services.GetRequiredService<OperationRunner>(); // whatever cannot be built must fail now, not at the first call
        app.Lifetime.ApplicationStarted.Register(runner.TakeUpInterrupted);
        app.Services.GetRequiredService<WalStaging>().RemoveLeftovers();
        app.Services.GetRequiredService<PostmasterPause>().RecoverAfterCrash();
        app.Services.GetRequiredService<SignalAside>().RecoverAfterCrash();
        app.UseExceptionHandler(failed => failed.Run(Answers.WriteFailureAsync));
        BrowserGuard.Use(app, options, token is not null);
        app.UseStatusCodePages(context => Answers.WriteEmptyAsync(context.HttpContext));
        if (token is not null)
            app.UseAuthentication().UseAuthorization();
        RequestGuard.Use(app);
        InstanceEndpoints.Map(app);
        DataEndpoints.Map(app);
        LsnEndpoints.Map(app);
        WalFileEndpoints.Map(app);
        SlotEndpoints.Map(app);
        NodeEndpoints.Map(app);
        NodeSlotEndpoints.Map(app);
        OperationEndpoints.Map(app);
        SalvageEndpoints.Map(app);
        ClusterEndpoints.Map(app);
        RemoveLeftoversOnceStarted(app);
        if (tightened.Count > 0)
            LogTightened(app.Logger, tightened.Count, tightened[0]);
        LogStarting(app.Logger, options.Node, options.Cluster, options.Listen, options.Postgres.DataDir);
        if (DataOwner.Problem(options.Postgres.DataDir) is { } owner)
            LogOwner(app.Logger, owner);
        return app;
    }

    /// <summary>What a broken off clone left beside the data directory. Only once this agent listens: then no other one is at work there.</summary>
    private static void RemoveLeftoversOnceStarted(WebApplication app) => app.Lifetime.ApplicationStarted.Register(() => _ = Task.Run(async () =>
    {
        try
        {
            if (await app.Services.GetRequiredService<LocalNode>().RemoveLeftoversAsync(app.Lifetime.ApplicationStopping) is { } problem)
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

    private static void AddLogging(ILoggingBuilder logging)
    {
        logging.ClearProviders().SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning);
        if (Console.IsOutputRedirected)
            logging.AddJsonConsole(o => (o.UseUtcTimestamp, o.TimestampFormat) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
        else
            logging.AddSimpleConsole(o => (o.SingleLine, o.TimestampFormat) = (true, "HH:mm:ss.fff "));
    }

    private static void Listen(KestrelServerOptions kestrel, AgentOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxResponseBufferSize = 1 << 19; // two pieces of a file: one is read while the other is sent
        kestrel.Limits.MaxRequestBodySize = 2L << 30; // the largest WAL segment is 1 GB
        var (host, port) = (options.Listen.DnsSafeHost, options.Listen.Port);
        var addresses = IPAddress.TryParse(host, out var address) ? [address] : Dns.GetHostAddresses(host);
        foreach (var each in addresses)
            kestrel.Listen(each, port, listen =>
            {
                if (options.Security.Tls is { } tls && options.Listen.Scheme == Uri.UriSchemeHttps)
                    listen.UseHttps(X509Certificate2.CreateFromPemFile(tls.CertificateFile, tls.KeyFile));
            });
    }
}
