using System.Text.RegularExpressions;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>What pg_hba.conf and pg_ident.conf name: lists of names behind an <c>@</c>, and, from 16 on, other files and folders to include.</summary>
internal static partial class AccessFiles
{
    private const int Deepest = 10;

    /// <summary>Files and folders that are named there, and in those; also where they do not exist.</summary>
    internal static IEnumerable<string> Named(string file) => Named(file, 0);

    private static IEnumerable<string> Named(string file, int depth)
    {
        if (depth > Deepest || !File.Exists(file) || !Linux.MayRead(file))
            return [];
        var names = SmallFile.Lines(file, SmallFile.Large).SelectMany(l => References().Matches(l.Split('#')[0])).Select(m => m.Groups[1].Value.Trim('"'))
            .Select(n => Path.GetFullPath(n, Path.GetDirectoryName(file)!)).ToArray();
        return [.. names, .. names.SelectMany(n => Directory.Exists(n) ? Directory.GetFiles(n, "*.conf") : [n]).SelectMany(n => Named(n, depth + 1))];
    }

    /// <summary>At the beginning of a line, or of a name.</summary>
    [GeneratedRegex("""(?:^\s*include(?:_if_exists|_dir)?\s+|(?<=^|[\s,])@)("[^"]+"|[^\s,"]+)""")]
    private static partial Regex References();
}
