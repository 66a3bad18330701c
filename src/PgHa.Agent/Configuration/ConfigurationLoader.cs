namespace PgHa.Agent.Configuration;

/// <summary>Loads the agent's configuration: the file, then the environment over it, then the defaults.</summary>
public static class ConfigurationLoader
{
    /// <summary>The file that is read where no other is named.</summary>
    public const string DefaultFile = "/etc/pgha/pgha.yml";

    /// <summary>Reads and validates. Everything wrong is in the result; nothing is thrown.</summary>
    /// <param name="file">The YAML file.</param>
    /// <param name="environment">The process's environment; only <c>PGHA__…</c> matters.</param>
    public static ConfigurationResult Load(string file, IReadOnlyDictionary<string, string> environment) =>
        ConfigurationFile.Read(file, out var text) is { } unreadable
            ? ConfigurationResult.Invalid([unreadable])
            : Parse(text, Path.GetFileName(file), environment);

    internal static ConfigurationResult Parse(string text, string fileName, IReadOnlyDictionary<string, string> environment)
    {
        var raw = YamlReader.Read(text, fileName);
        if (raw.IsBroken)
            return ConfigurationResult.Invalid(raw.Errors);
        EnvironmentOverrides.Apply(raw, environment);
        var settings = new SettingsReader(raw);
        return new AgentOptionsReader(raw, settings).Read() is { } options
            ? ConfigurationResult.Valid(options, settings.InForce)
            : ConfigurationResult.Invalid(raw.Errors);
    }
}
