namespace PgHa.Agent.Configuration;

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
