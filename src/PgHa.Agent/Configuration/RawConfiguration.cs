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
