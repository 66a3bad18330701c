using PgHa.Agent.Files;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PgHa.Agent.Plans;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Where settings are set: in the configuration files, includes followed, and on the command line. Only the places: what a setting is
/// then, the server program itself says.
/// </summary>
internal sealed class SettingPlaces
{
    /// <summary>The place of everything that stands on the server's command line.</summary>
    internal const string CommandLine = "the command line";

    private const int Deepest = 10; // CONF_FILE_MAX_DEPTH

    /// <summary>Settings that the server program's one-letter options set.</summary>
    private static readonly Dictionary<char, string> Letters = new()
    {
        ['B'] = "shared_buffers", ['h'] = "listen_addresses", ['i'] = "listen_addresses", ['k'] = "unix_socket_directories", ['l'] = "ssl", ['N'] = "max_connections", ['p'] = "port",
    };

    private static readonly char[] Separators = [' ', '\t', '\'', '"', '=', ',', ';', ':', '&', '|', '<', '>', '(', ')', '`'];

    private readonly Dictionary<string, string> _last = [];
    private readonly Dictionary<string, string> _values = [];
    private readonly List<string> _files = [];
    private readonly List<string> _words = [];
    private readonly IncrementalHash _content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private SettingPlaces()
    {
    }

    /// <summary>The last place of each setting: that one is in force.</summary>
    internal IReadOnlyDictionary<string, string> Last => _last;

    /// <summary>What stands at the last place in a file, as it is written there.</summary>
    internal IReadOnlyDictionary<string, string> Values => _values;

    /// <summary>Files that are read, or would be if they were there, and folders whose files are.</summary>
    internal IReadOnlyList<string> Files => _files;

    /// <summary>All values of settings, the last ones or not, and the words they consist of. A file's name may be among them: in a command, or a connection string.</summary>
    internal IEnumerable<string> Words => _words.Concat(_words.SelectMany(v => v.Split(Separators, StringSplitOptions.RemoveEmptyEntries))).Where(w => w.Length > 0 && !w.Contains('\0')).Distinct();

    /// <summary>
    /// Equal exactly where all files, and the command line, say the same, but for <c>primary_conninfo</c>: each role change writes it, and it
    /// decides nothing about any other setting.
    /// </summary>
    internal string Digest { get; private set; } = "";

    /// <summary>The places of the next start.</summary>
    internal static SettingPlaces Read(string configFile, string autoConf, IReadOnlyList<string> arguments)
    {
        var places = new SettingPlaces();
        using var content = places._content;
        places.ReadFile(configFile, 0);
        places.ReadFile(autoConf, 0);
        for (var i = 0; i < arguments.Count; i++)
        {
            places.Add(arguments[i]);
            places._words.Add(arguments[i]);
            if (NameOf(arguments[i], arguments.ElementAtOrDefault(i + 1)) is { } name)
                places._last[name] = CommandLine;
        }
        places.Digest = Convert.ToHexString(content.GetCurrentHash());
        return places;
    }

    private void Add(string text)
    {
        _content.AppendData(Encoding.UTF8.GetBytes(text));
        _content.AppendData("\n"u8);
    }

    private static string? NameOf(string argument, string? next) => argument switch
    {
        "-c" or "--" => next is null ? null : Name(next),
        ['-', '-', .. var rest] => Name(rest),
        ['-', 'c', .. var rest] => Name(rest),
        ['-', var letter, ..] => Letters.GetValueOrDefault(letter),
        _ => null,
    };

    private static string? Name(string assignment) =>
        assignment.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? assignment[..at].Replace('-', '_').ToLowerInvariant() : null;

    private void ReadFile(string file, int depth)
    {
        Add(file);
        _files.Add(file);
        if (depth > Deepest || Lines(file) is not { } lines)
            return;
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].AsSpan().TrimStart();
            var length = 0;
            while (length < line.Length && (char.IsLetterOrDigit(line[length]) || line[length] is '_' or '.' or '$'))
                length++;
            var name = line[..length].ToString().ToLowerInvariant();
            if (name != RecoveryRules.Conninfo)
                Add(lines[i]);
            if (length == 0)
                continue;
            if (name is "include" or "include_if_exists" or "include_dir")
                Include(name, Value(line[length..]), file, depth);
            else
            {
                _last[name] = string.Create(CultureInfo.InvariantCulture, $"{file} line {i + 1}");
                _words.Add(_values[name] = Value(line[length..]));
            }
        }
    }

    private void Include(string how, string value, string from, int depth)
    {
        var path = Path.GetFullPath(value, Path.GetDirectoryName(Path.GetFullPath(from))!);
        if (how != "include_dir")
            ReadFile(path, depth + 1);
        else
            _files.Add(path);
        if (how == "include_dir" && Directory.Exists(path))
            foreach (var file in Directory.GetFiles(path, "*.conf").Where(f => Path.GetFileName(f)[0] != '.').Order(StringComparer.Ordinal))
                ReadFile(file, depth + 1);
    }

    private static string Value(ReadOnlySpan<char> rest)
    {
        rest = rest.Trim().TrimStart('=').TrimStart();
        if (rest is not ['\'', ..])
            return rest.IndexOfAny(' ', '\t', '#') is >= 0 and var end ? rest[..end].ToString() : rest.ToString();
        var value = new StringBuilder();
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '\'' && (i + 1 == rest.Length || rest[i + 1] != '\''))
                break;
            if (rest[i] is '\'' or '\\' && i + 1 < rest.Length) // doubled, or after a backslash
                i++;
            value.Append(rest[i]);
        }
        return value.ToString();
    }

    /// <summary>Null if it cannot be read: the server program says so itself.</summary>
    private static string[]? Lines(string file)
    {
        try
        {
            return SmallFile.Lines(file, SmallFile.Large);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
