using System.Text;

namespace PgHa.Client.Operations;

/// <summary>A setting that is to be set, or to be taken back.</summary>
/// <param name="Name">Its name, in lower case.</param>
/// <param name="Value">Its new value; null: it has again what stands elsewhere, or its default.</param>
public sealed record SettingChange(string Name, string? Value = null)
{
    private const int MostSettings = 50, LongestValue = 1000, LongestText = 2000;

    /// <summary>In words.</summary>
    public string Words => Value is null ? $"reset {Name}" : $"{Name} = {Shown(Value)}";

    /// <summary>A value as people read it.</summary>
    public static string Shown(string value) => value is { Length: > 0 } && !value.Any(char.IsWhiteSpace) ? value : $"'{value}'";

    /// <summary>Several as one text: <c>NAME='VALUE', NAME='VALUE'</c>, and NAME alone where one is taken back. So they go over the wire and into the journal.</summary>
    public static string Text(IEnumerable<SettingChange> changes) =>
        string.Join(", ", changes.Select(c => c.Value is null ? c.Name : $"{c.Name}='{c.Value.Replace("'", "''", StringComparison.Ordinal)}'"));

    /// <summary>The text as it was written, or why it is none.</summary>
    public static Answer<IReadOnlyList<SettingChange>> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var changes = new List<SettingChange>();
        for (var at = 0; ;)
        {
            if (Next(text, ref at) is not { } change)
                return new Refusal(Code.Invalid, $"settings are not understood at character {at + 1}", "write NAME='VALUE', NAME='VALUE', and NAME alone to take one back; a quote within a value is doubled");
            changes.Add(change);
            if (at == text.Length)
                return Refuse(changes) is { } refusal ? refusal : changes;
            if (!text.AsSpan(at).StartsWith(", "))
                return new Refusal(Code.Invalid, $"settings are not understood at character {at + 1}", "separate them by a comma and a blank");
            at += 2;
        }
    }

    /// <summary>Why these cannot be asked for, whatever server they are for; null: they can.</summary>
    public static Refusal? Refuse(IReadOnlyList<SettingChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.Count is 0 or > MostSettings || Text(changes).Length > LongestText)
            return new(Code.Invalid, changes.Count == 0 ? "no setting is named" : "these are too many settings, or too long", $"at most {MostSettings} at once, with {LongestText} characters");
        if (changes.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            return new(Code.Invalid, $"{twice.Key} is named twice", "name it once");
        if (changes.FirstOrDefault(c => !IsName(c.Name)) is { } odd)
            return new(Code.Invalid, $"{new string([.. odd.Name.Take(40).Select(c => char.IsControl(c) ? '?' : c)])} is no name of a setting",
                "names have letters, digits, underscores, and a dot between an extension and its setting");
        return changes.FirstOrDefault(c => c.Value is { } value && (value.Length > LongestValue || value.Any(char.IsControl))) is { } bad
            ? new(Code.Invalid, $"the value of {bad.Name} is too long, or has line breaks or other control characters", $"at most {LongestValue} characters on one line") : null;
    }

    private static bool IsName(string name) => name.Length is > 0 and < 128 && (char.IsAsciiLetterLower(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '.') && name.Count(c => c == '.') <= 1;

    private static SettingChange? Next(string text, ref int at)
    {
        var begin = at;
        while (at < text.Length && text[at] is not ('=' or ','))
            at++;
        var name = text[begin..at].ToLowerInvariant();
        if (name.Length == 0)
            return null;
        if (at == text.Length || text[at] == ',')
            return new(name, null);
        if (++at == text.Length || text[at++] != '\'')
            return null;
        var value = new StringBuilder();
        while (at < text.Length)
        {
            if (text[at] == '\'' && (at + 1 == text.Length || text[at + 1] != '\''))
            {
                at++;
                return new(name, value.ToString());
            }
            at += text[at] == '\'' ? 1 : 0;
            value.Append(text[at++]);
        }
        return null;
    }
}
