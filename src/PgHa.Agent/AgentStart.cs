using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;
using PgHa.Agent.Security;

namespace PgHa.Agent;

/// <summary>All that an agent starts with, read and checked: the configuration, and the secrets that it names.</summary>
/// <param name="File">The configuration file.</param>
/// <param name="Environment">The variables of the process.</param>
/// <param name="Options">What is in force.</param>
/// <param name="Settings">The same, key by key.</param>
public sealed record AgentStart(string File, IReadOnlyDictionary<string, string> Environment, AgentOptions Options, IReadOnlyList<Setting> Settings)
{
    /// <summary>The content of the token file; null: none is configured.</summary>
    public string? Token { get; init; }

    /// <summary>The token of this machine; null: <c>security.local</c> is open.</summary>
    public string? LocalToken { get; init; }

    /// <summary>What <c>security.tls</c> names; null: it is not configured.</summary>
    public SslStreamCertificateContext? Certificate { get; init; }

    /// <summary>What <c>security.tls.client_ca_file</c> names; null: it is not configured.</summary>
    public X509Certificate2Collection? Clients { get; init; }

    /// <summary>Reads it.</summary>
    /// <param name="file">The configuration file.</param>
    /// <param name="environment">The variables of the process.</param>
    /// <param name="time">The clock.</param>
    /// <returns>What an agent can start with; or null, and everything that is wrong.</returns>
    public static (AgentStart? Start, IReadOnlyList<ConfigurationError> Errors) Read(string file, IReadOnlyDictionary<string, string> environment, TimeProvider time)
    {
        var loaded = ConfigurationLoader.Load(file, environment);
        if (loaded.Options is not { } options)
            return (null, loaded.Errors);
        if (options.Failover is { Mode: FailoverMode.Automatic, Watchdog: not null })
            return (null, [new("failover.watchdog", "failover.watchdog is not there yet in this version", "leave it out", file)]);
        var token = options.Security.TokenFile is { } secret ? TokenFile.Read(secret) : null;
        if (token?.Error is { } unreadable)
            return (null, [unreadable]);
        if (options.Security.TokensFile is { } named && ReadTokens(named) is { Problem: { } problem })
            return (null, [new("security.tokens_file", problem, "pgha token add NAME ROLE writes its lines (docs/security.md)", named)]);
        var (certificate, unusable) = options.Security.Tls is { } tls ? TlsFiles.Read(tls) : (null, null);
        var (clients, unread) = options.Security.Tls is { } files && unusable is null ? TlsFiles.ReadClients(files) : (null, null);
        if ((unusable ?? unread) is { } wrong)
            return (null, [wrong]);
        var start = new AgentStart(file, environment, options, loaded.Settings) { Token = token?.Token, Certificate = certificate, Clients = clients };
        var (etcd, error) = start.Connect(time);
        etcd?.Dispose();
        return error is null ? (start, []) : (null, [error]);
    }

    /// <summary>The same with the token of this machine, which is made if it is not there; or why it cannot be used.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public (AgentStart? Start, ConfigurationError? Error) WithLocalToken()
    {
        if (!Options.Security.OwnerOnly)
            return (this, null);
        var (token, problem) = LocalTokenFile.Keep(Options.State);
        return problem is null ? (this with { LocalToken = token }, null) : (null, new("security.local", problem.Message, problem.Hint, Options.State.LocalToken));
    }

    /// <summary>The tokens of people and programs, or why the file cannot be used.</summary>
    /// <param name="file">What <c>security.tokens_file</c> names.</param>
    public static (IReadOnlyList<NamedToken> Tokens, string? Problem) ReadTokens(string file)
    {
        if (TokensFile.Read(file, out var text) is { } unread)
            return ([], $"{unread.Message} (hint: {unread.Hint})");
        var (tokens, problem) = NamedToken.Parse(text);
        return (tokens, problem is null ? null : $"{file}: {problem}");
    }

    /// <summary>Where the record is; null in manual mode. Nothing is connected yet.</summary>
    internal (EtcdClient? Client, ConfigurationError? Error) Connect(TimeProvider time) =>
        Options.Failover is { Mode: FailoverMode.Automatic, Etcd: { } places } ? EtcdClient.Create(places, time) : (null, null);
}
