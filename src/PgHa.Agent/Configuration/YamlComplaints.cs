using YamlDotNet.Core;

namespace PgHa.Agent.Configuration;

/// <summary>What can be wrong with the file's form, in words.</summary>
internal static class YamlComplaints
{
    public static readonly Complaint Tab = new("a tab is used for indentation", "YAML indents with spaces only: replace it by two spaces");

    public static readonly Complaint NotKeys =
        new("the file does not consist of keys and values", "start from pgha.example.yml: lines such as `cluster: main`");

    public static readonly Complaint SecondDocument = new("a second YAML document starts here", "remove the `---` and what follows it");

    public static readonly Complaint KeyNotText = new("a key is not plain text", "write keys as words, such as `cluster: main`");

    /// <summary>The text ends inside a bracket.</summary>
    public static Complaint Unfinished { get; } =
        new("not YAML: the text ends inside a bracket or a quote", "close every [, { and quote that is opened");

    public static Complaint Syntax(YamlException failure) =>
        new($"not YAML: {failure.Message} (column {failure.Start.Column})",
            "check the indentation here and above, and put values that contain `: ` or ` #` or start with one of [{*&!|>%@ in quotes");

    public static Complaint Duplicate(string key, long firstLine) =>
        new($"{key} is written twice; first in line {firstLine}", "keep one of the two");

    public static Complaint NoValue(string key) =>
        new($"{key} has no value", "write one, or remove the line (or put # before it)");

    public static Complaint NotOneValue(string key) =>
        new($"{key} takes one value, not a list, a section or an alias", "write one value; put it in quotes if it starts with [ { or *");

    public static Complaint NotTexts(string key) =>
        new($"{key} is a list of something else than texts", "write one text behind each -, or [one, two]");

    public static Complaint NotSection(string key) =>
        new($"{key} is a section, not a value or a list",
            $"write its keys indented below `{key[(key.LastIndexOf('.') + 1)..]}:`, or as {{ key: value }}");

    public static Complaint UnknownKey(string key, IEnumerable<string> known)
    {
        var nearest = NearestName.OfKeys(key, known);
        return new($"unknown key {key}", nearest == key
            ? $"write it in levels: `{key.Replace(".", ":` and indented below it `", StringComparison.Ordinal)}:`"
            : $"the nearest known key is {nearest}");
    }
}
