using System.Text;

namespace PgHa.Agent.Postgres;

/// <summary>A libpq connection string in keyword form, in which only some keys are ours: the others keep value and order.</summary>
internal sealed class ConnInfo
{
    private readonly List<KeyValuePair<string, string>> _pairs = [];

    /// <summary>Parses <c>key = value 'quoted value' …</c> as libpq's conninfo_parse does; null if it is not of that form.</summary>
    internal static ConnInfo? Parse(string text)
    {
        var result = new ConnInfo();
        var at = 0;
        while (SkipSpace(text, ref at))
        {
            var equals = text.IndexOf('=', at);
            if (equals < 0)
                return null;
            var key = text[at..equals].Trim();
            at = equals + 1;
            SkipSpace(text, ref at);
            if (Value(text, ref at) is not { } value)
                return null;
            result._pairs.Add(new(key, value));
        }
        return result;
    }

    /// <summary>The value of a key, or null.</summary>
    internal string? this[string key] => _pairs.FirstOrDefault(p => p.Key == key).Value;

    /// <summary>Sets a key in its place, or at the end.</summary>
    internal ConnInfo Set(string key, string value)
    {
        var index = _pairs.FindIndex(p => p.Key == key);
        if (index >= 0)
            _pairs[index] = new(key, value);
        else
            _pairs.Add(new(key, value));
        return this;
    }

    /// <summary>Drops a key.</summary>
    internal ConnInfo Remove(string key)
    {
        _pairs.RemoveAll(p => p.Key == key);
        return this;
    }

    /// <inheritdoc />
    public override string ToString() => string.Join(' ', _pairs.Select(p => $"{p.Key}={Quote(p.Value)}"));

    private static string Quote(string value) =>
        value.Length > 0 && !value.AsSpan().ContainsAny(" '\\\t\n")
            ? value
            : "'" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";

    private static bool SkipSpace(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
        return at < text.Length;
    }

    private static string? Value(string text, ref int at)
    {
        var quoted = at < text.Length && text[at] == '\'';
        at += quoted ? 1 : 0;
        var value = new StringBuilder();
        while (at < text.Length && (quoted ? text[at] != '\'' : !char.IsWhiteSpace(text[at])))
        {
            if (text[at] == '\\' && at + 1 < text.Length)
                at++;
            value.Append(text[at++]);
        }
        if (quoted && at++ >= text.Length)
            return null;
        return value.ToString();
    }
}
