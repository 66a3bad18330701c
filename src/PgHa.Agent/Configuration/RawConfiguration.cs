namespace PgHa.Agent.Configuration;

/// <summary>A value as it was written, and where.</summary>
internal sealed record RawValue(string Text, string Source);

/// <summary>What was written, before it is understood: values by key, the nodes' names in order, and the errors so far.</summary>
internal sealed class RawConfiguration(string fileName)
{
    private readonly Dictionary<string, string> sections = [];

    public Dictionary<string, RawValue> Values { get; } = [];

    public List<string> Nodes { get; } = [];

    public List<ConfigurationError> Errors { get; } = [];

    /// <summary>Whether the file could not be understood as a whole, so that looking for more errors would only mislead.</summary>
    public bool IsBroken { get; private set; }

    public string AtLine(long line) => $"{fileName}:{line}";

    public void AddSection(string key, long line) => sections[key] = AtLine(line);

    public void Report(string key, Complaint complaint) => Report(key, complaint, SourceOf(key));

    public void Report(string key, Complaint complaint, string source) =>
        Errors.Add(new(key, complaint.Message, complaint.Hint, source));

    public void ReportBroken(Complaint complaint, long? line = null)
    {
        IsBroken = true;
        Report("", complaint, line is { } known ? AtLine(known) : fileName);
    }

    /// <summary>Whether a key was written at all, rightly or wrongly.</summary>
    public bool Mentions(string key) => Values.ContainsKey(key) || Errors.Exists(error => error.Key == key);

    /// <summary>Where the key was written, or else the section it belongs to, or else the file.</summary>
    private string SourceOf(string key)
    {
        if (Values.TryGetValue(key, out var value))
            return value.Source;
        for (var dot = key.Length; dot > 0; dot = key.LastIndexOf('.', dot - 1))
            if (sections.TryGetValue(key[..dot], out var source))
                return source;
        return fileName;
    }
}

/// <summary>The form of a value: gives the value, or says what is wrong with the text.</summary>
internal delegate Complaint? Form<T>(string text, out T? value) where T : class;

/// <summary>Reads values in their form, with defaults; notes what is in force and what is wrong.</summary>
internal sealed class SettingsReader(RawConfiguration raw)
{
    public List<Setting> InForce { get; } = [];

    /// <summary>The value, or null if there is none or it is wrong (which has been reported then).</summary>
    public T? Read<T>(string key, Form<T> form) where T : class
    {
        if (Find(key) is not { } given)
            return null;
        T? value = null;
        if ((CheckText(given.Text) ?? form(given.Text, out value)) is { } complaint)
            raw.Report(key, complaint with { Message = $"{key}: {complaint.Message}" }, given.Source);
        else
            InForce.Add(new(key, value as string ?? given.Text, given.Source));
        return value;
    }

    private RawValue? Find(string key)
    {
        if (raw.Values.TryGetValue(key, out var given))
            return given;
        var known = KnownKeys.Of(key);
        if (known.Default is { } value)
            return new(value, "default");
        if (known.WhenUnset is { } consequence)
            InForce.Add(new(key, $"({consequence})", "default"));
        else if (!raw.Mentions(key))
            raw.Report(key, new($"{key} is missing", "it is required; see pgha.example.yml"));
        return null;
    }

    private static Complaint? CheckText(string text) => text switch
    {
        _ when string.IsNullOrWhiteSpace(text) => new("empty", "write a value, or leave it out"),
        _ when text.Any(char.IsControl) => new("contains a line break or another control character", "write it in one line"),
        _ => null,
    };
}
