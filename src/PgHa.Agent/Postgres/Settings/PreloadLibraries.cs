using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>The files that shared_preload_libraries names, looked for as the server does (dfmgr.c): one that is missing ends the start.</summary>
internal static class PreloadLibraries
{
    private const string Name = "shared_preload_libraries";
    private const string Folder = "$libdir";

    /// <summary>Every server comes with this library: it tells its folder.</summary>
    private const string Always = "libpqwalreceiver.so";

    /// <summary>$libdir of the server program in a folder; null if it is not found.</summary>
    internal static string? FolderBeside(string? programs) => programs is null ? null
        : ((string[])["../lib", "../lib/postgresql", "../lib64", "../lib64/postgresql", "../lib/x86_64-linux-gnu", "../lib/pgsql"])
            .Select(f => Path.GetFullPath(f, programs)).FirstOrDefault(f => File.Exists(Path.Combine(f, Always)));

    /// <summary>What is missing; nothing if $libdir is not known.</summary>
    internal static IEnumerable<StartObstacle> Missing(IReadOnlyDictionary<string, string> next, string? libdir, string dataDirectory) =>
        libdir is null ? [] : next[Name].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(n => n.Trim('"'))
            .Where(n => !Candidates(n, next["dynamic_library_path"], libdir, dataDirectory).Any(f => File.Exists(f) || File.Exists(f + ".so")))
            .Select(n => new StartObstacle(Name, $"the library {n} is not there ({libdir})", $"install {n}, or take it out of {Name}"));

    private static IEnumerable<string> Candidates(string name, string path, string libdir, string dataDirectory) => name.Contains('/', StringComparison.Ordinal)
        ? [Path.GetFullPath(name.Replace(Folder, libdir, StringComparison.Ordinal), dataDirectory)]
        : path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(f => Path.Combine(f.Replace(Folder, libdir, StringComparison.Ordinal), name));
}
