using System.CommandLine;
using System.Net.Security;
using PgHa.Agent;
using PgHa.Agent.Configuration;
using PgHa.Client.Calls;
using PgHa.Client.Operations;
using PgHa.Commands;

namespace PgHa.Access;

/// <summary>
/// The options that say how the agents are reached. Without any of them: the user's client file if there is one, else the configuration of this machine's agent.
/// </summary>
internal sealed class AccessOptions
{
    private const string UrlVariable = "PGHA_URL", TokenVariable = "PGHA_TOKEN", CaVariable = "PGHA_CA_FILE", ClientVariable = "PGHA_CLIENT";

    private readonly Option<string?> _url = new("--url") { Description = $"the agent to ask, http://HOST:PORT or https://HOST:PORT; several with commas (environment: {UrlVariable})", HelpName = "URL" };
    private readonly Option<string?> _config = new("--config", "-c") { Description = $"the configuration of this machine's agent (default: {ConfigurationLoader.DefaultFile})", HelpName = "FILE" };
    private readonly Option<string?> _client = new("--client") { Description = $"the client file (environment: {ClientVariable}; default: ~/.config/pgha/client.yml)", HelpName = "FILE" };
    private readonly Option<string?> _token = new("--token-file") { Description = $"the file that holds the token (environment: {TokenVariable} is the token itself)", HelpName = "FILE" };
    private readonly Option<string?> _ca = new("--ca-file") { Description = $"the authorities that https is trusted by, in PEM form (environment: {CaVariable})", HelpName = "FILE" };

    /// <summary>Gives them to a command.</summary>
    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[_url, _config, _client, _token, _ca])
            command.Add(option);
    }

    /// <summary>What they say, with the environment and the files; or what is wrong with them.</summary>
    internal Answer<AgentAccess> Read(ParseResult parsed)
    {
        var environment = ConfigFile.Environment();
        if (Set(environment, TokenVariable)?.Any(c => c is < '!' or > '~') == true)
            return new Refusal(Code.Credentials, $"the token in {TokenVariable} contains spaces, line breaks or characters beyond ASCII", "give it as it is in security.token_file of the nodes");
        var urls = AgentUrls.Read(parsed.GetValue(_url) ?? Set(environment, UrlVariable) ?? "", parsed.GetValue(_url) is null ? UrlVariable : "--url");
        if (!urls.IsOk)
            return urls.Refusal;
        if (parsed.GetValue(_url) is not null && urls.Value.Length == 0)
            return new Refusal(Code.Invalid, "--url names no agent", "write it as http://HOST:PORT or https://HOST:PORT");
        var file = parsed.GetValue(_client) ?? Set(environment, ClientVariable);
        if (file is null && parsed.GetValue(_config) is null && ClientFile.Default(environment) is var own && File.Exists(own))
            file = own;
        ClientFile? client = null;
        if (file is not null)
        {
            var read = ClientFile.Read(file);
            if (!read.IsOk)
                return read.Refusal;
            client = read.Value;
        }
        var places = urls.Value.Length > 0 ? urls.Value : parsed.GetValue(_config) is null && client?.Urls is { Count: > 0 } listed ? [.. listed] : [];
        if (places.Length == 0)
            return OfAgent(parsed.GetValue(_config) ?? ConfigurationLoader.DefaultFile, parsed.GetValue(_config) is not null, environment);
        var token = Token(parsed.GetValue(_token), client, environment);
        if (!token.IsOk)
            return token.Refusal;
        var authority = parsed.GetValue(_ca) ?? Set(environment, CaVariable) ?? client?.AuthorityFile;
        if (authority is not null && TrustedAuthorities.Problem(authority) is { } untrusted)
            return new Refusal(Code.Invalid, untrusted, $"name the authorities with --ca-file, {CaVariable} or ca_file in the client file");
        return new AgentAccess([.. places.Select(url => new AgentPlace(url.Authority, url)
        {
            Token = () => token.Value.Token,
            TokenFrom = token.Value.From,
            AuthorityFile = authority,
            Time = AgentAccess.Clock,
        })]);
    }

    private static string? Set(IReadOnlyDictionary<string, string> environment, string variable) => environment.GetValueOrDefault(variable) is { Length: > 0 } set ? set : null;

    /// <summary>The agent of this machine first, then those of the other nodes.</summary>
    private static Answer<AgentAccess> OfAgent(string file, bool named, IReadOnlyDictionary<string, string> environment)
    {
        if (!named && !File.Exists(file))
            return new Refusal(Code.Invalid, $"no agent is named, and there is no {file} on this machine", $"--url URL, {UrlVariable}, or a client file {ClientFile.Default(environment)} (docs/cli.md)");
        var loaded = ConfigurationLoader.Load(file, environment.ToDictionary());
        if (loaded.Options is not { } options)
            return new Refusal(Code.Invalid, $"{loaded.Errors[0].Source}: {loaded.Errors[0].Message}", loaded.Errors[0].Hint);
        var token = Set(environment, TokenVariable);
        var own = new Lazy<SslStreamCertificateContext?>(() => Certificate(options));
        if (token is null && options.Security is { TokenFile: null, OwnerOnly: true })
            return OfOwner(options, own);
        if (token is null && options.Security.TokenFile is { } secret)
        {
            var read = TokenFile.Read(secret);
            if (read.Error is { } unread)
                return new Refusal(Code.Credentials, unread.Message, unread.Hint);
            token = read.Token;
        }
        var from = Set(environment, TokenVariable) is not null ? $"it was read from {TokenVariable}"
            : options.Security.TokenFile is { } path ? $"it was read from {path}" : $"none was given: set {TokenVariable}, or security.token_file in {file}";
        return new AgentAccess([.. options.Nodes.OrderBy(n => n.Name == options.Node ? 0 : 1).Select(n => Place(n, options, own, token, from))]);
    }

    private static AgentPlace Place(NodeOptions node, AgentOptions options, Lazy<SslStreamCertificateContext?> own, string? token, string from) => new(node.Name, node.Agent)
    {
        Token = () => token,
        TokenFrom = from,
        AuthorityFile = options.Security.Tls?.CaFile,
        Certificate = () => own.Value,
        Time = AgentAccess.Clock,
    };

    /// <summary>Where agents know each other by their certificates, whoever may read this machine's key looks at the other nodes as its agent does.</summary>
    private static SslStreamCertificateContext? Certificate(AgentOptions options) => options.Security.Tls is { ClientCaFile: not null } tls ? TlsFiles.Read(tls).Served : null;

    /// <summary>The token of this machine is shown to its own agent, and to no other.</summary>
    private static Answer<AgentAccess> OfOwner(AgentOptions options, Lazy<SslStreamCertificateContext?> own)
    {
        var (token, problem) = LocalTokenFile.Find(options.State);
        if (problem is not null)
            return new Refusal(Code.Credentials, problem.Message, problem.Hint);
        var from = token is null ? $"none was found: {options.State.LocalToken} is made when the agent starts with security.local: owner" : $"it was read from {options.State.LocalToken}";
        return new AgentAccess([Place(options.Self, options, own, token, from)])
        {
            Others = Place(options.Self, options, own, null, $"the token of this machine is not shown to another one's agent: set {TokenVariable} to one that counts there (docs/security.md)"),
        };
    }

    private static Answer<FoundToken> Token(string? file, ClientFile? client, IReadOnlyDictionary<string, string> environment)
    {
        if (file is null && Set(environment, TokenVariable) is { } set)
            return new FoundToken(set, $"it was read from {TokenVariable}");
        if ((file ?? client?.TokenFile) is not { } path)
            return new FoundToken(null, $"none was given: set {TokenVariable}, --token-file, or token_file in {client?.Path ?? ClientFile.Default(environment)}");
        var read = TokenFile.Read(path);
        return read.Error is { } error ? new Refusal(Code.Credentials, error.Message, error.Hint) : new FoundToken(read.Token, $"it was read from {path}");
    }

    private sealed record FoundToken(string? Token, string From);
}
