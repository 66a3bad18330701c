namespace PgHa.Agent.Configuration;

/// <summary>The configuration file as text.</summary>
internal static class ConfigurationFile
{
    private const int Largest = 1 << 20;

    public static ConfigurationError? Read(string file, out string text)
    {
        if (BoundedFile.Read(file, Largest, out text) is { } complaint)
            return new("", complaint.Message, $"{complaint.Hint} (--config FILE, default {ConfigurationLoader.DefaultFile})", file);
        return null;
    }
}
