using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Access;

/// <summary>
/// A small file that says how the agents are reached from a machine without one: lines of <c>KEY: VALUE</c>, nothing else.
/// </summary>
/// <param name="Path">Where it is.</param>
/// <param name="Urls">The agents, the one that is asked first first.</param>
/// <param name="TokenFile">The file that holds the token.</param>
/// <param name="AuthorityFile">The authorities that https is trusted by.</param>
internal sealed record ClientFile(string Path, IReadOnlyList<Uri> Urls, string? TokenFile, string? AuthorityFile)
{
    private const string Form = "lines of url: URL[, URL], token_file: PATH and ca_file: PATH (docs/cli.md)";

    /// <summary>The user's own.</summary>
    internal static string Default(IReadOnlyDictionary<string, string> environment) =>
        System.IO.Path.Combine(environment.GetValueOrDefault("XDG_CONFIG_HOME") is { Length: > 0 } home ? home
            : System.IO.Path.Combine(environment.GetValueOrDefault("HOME", "/"), ".config"), "pgha", "client.yml");

    /// <summary>Reads it strictly: a key that is misspelt is an error.</summary>
    internal static Answer<ClientFile> Read(string path)
    {
        string[] lines;
        try
        {
            lines = SmallFile.Lines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Wrong(path, e.Message, Form);
        }
        var values = new Dictionary<string, string>();
        foreach (var (line, number) in lines.Select((line, i) => (line.Trim(), i + 1)).Where(l => l.Item1 is not ("" or ['#', ..])))
        {
            if (line.Split(':', 2) is not [var key, var value] || key.Trim() is not ("url" or "token_file" or "ca_file") || value.Trim().Length == 0)
                return Wrong($"{path}:{number}", "it is none of the lines that a client file has", Form);
            if (!values.TryAdd(key.Trim(), value.Trim().Trim('"')))
                return Wrong($"{path}:{number}", $"{key.Trim()} is written twice", "keep one of the two");
        }
        var urls = AgentUrls.Read(values.GetValueOrDefault("url", ""), $"url in {path}");
        return urls.IsOk ? new ClientFile(path, urls.Value, values.GetValueOrDefault("token_file"), values.GetValueOrDefault("ca_file")) : urls.Refusal;
    }

    private static Refusal Wrong(string where, string what, string hint) => new(Code.Invalid, $"{where}: {what}", hint);
}
