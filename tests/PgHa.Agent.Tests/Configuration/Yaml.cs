using System.Runtime.CompilerServices;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Tests.Configuration;

/// <summary>Configurations for tests: a good one, and that one with changes.</summary>
internal static class Yaml
{
    public const string Good = """
        cluster: main
        node: pg-node01
        listen: http://127.0.0.1:8079
        nodes:
          pg-node01: { agent: "http://127.0.0.1:8079", postgres: "127.0.0.1:5432" }
          pg-node02:
            agent: http://127.0.0.2:8079
            postgres: 127.0.0.2:5432
        postgres:
          data_dir: /data/pg
        """;

    public static readonly IReadOnlyDictionary<string, string> NoEnvironment = new Dictionary<string, string>();

    public static ConfigurationResult Parse(string text, params (string Name, string Value)[] environment) =>
        ConfigurationLoader.Parse(text, "pgha.yml", environment.ToDictionary(pair => pair.Name, pair => pair.Value));

    public static AgentOptions Options(string text, params (string Name, string Value)[] environment)
    {
        var result = Parse(text, environment);
        Assert.Empty(result.Errors);
        return result.Options!;
    }

    public static ConfigurationError OnlyError(string text, params (string Name, string Value)[] environment)
    {
        var result = Parse(text, environment);
        Assert.Null(result.Options);
        Assert.Empty(result.Settings);
        var error = Assert.Single(result.Errors);
        Assert.NotEmpty(error.Hint);
        return error;
    }

    /// <summary>The good configuration with one text exchanged, which must be there.</summary>
    public static string With(string old, string replacement)
    {
        Assert.Contains(old, Good, StringComparison.Ordinal);
        return Good.Replace(old, replacement, StringComparison.Ordinal);
    }

    public static string WithLine(string lines) => $"{Good}\n{lines}\n";

    public static string RepositoryFile(string name, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../..", name));
}
