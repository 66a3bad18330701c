namespace PgHa.Agent.Tests;

/// <summary>Where the sources lie, seen from the running tests.</summary>
internal static class Sources
{
    internal static string Root { get; } = Find(AppContext.BaseDirectory);

    internal static string Agent => Path.Combine(Root, "src", "PgHa.Agent");

    /// <summary>The C# files below a folder of the repository that people wrote.</summary>
    internal static IEnumerable<string> Of(string folder) => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "PgHa.slnx")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
