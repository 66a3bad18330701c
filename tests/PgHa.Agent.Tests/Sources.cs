namespace PgHa.Agent.Tests;

/// <summary>Where the sources lie, seen from the running tests.</summary>
internal static class Sources
{
    internal static string Root { get; } = Find(AppContext.BaseDirectory);

    internal static string Agent => Path.Combine(Root, "src", "PgHa.Agent");

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "PgHa.slnx")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
