using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>What is said of a call, an option or a type elsewhere, so that the document says the same: in README.md, and in the comments on types.</summary>
internal static partial class Words
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Sources.Root, "README.md"));
    private static readonly (string Method, string Path, string Shown, string Text)[] Calls = [.. Rows().Matches(Readme).SelectMany(CallsOf)];
    private static readonly Dictionary<string, string> OptionTexts = OptionRows().Matches(Readme).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
    private static readonly Dictionary<string, XElement> Members = new[] { "PgHa.Client", "PgHa.Formats", "PgHa.Agent" }
        .SelectMany(name => XDocument.Load(Path.Combine(AppContext.BaseDirectory, name + ".xml")).Descendants("member")).ToDictionary(m => m.Attribute("name")!.Value);

    /// <summary>What README.md says of a call; null: nothing.</summary>
    public static string? OfCall(string method, string path)
    {
        var rows = path.StartsWith("/api/pg/v1/", StringComparison.Ordinal)
            ? Calls.Where(c => c.Method == method && DocumentedCall.Matches(path["/api/pg/v1/".Length..], c.Path)).DistinctBy(c => c.Text).ToArray() : [];
        return rows.Length == 0 ? null : rows.Length == 1 ? rows[0].Text : string.Join("\n\n", rows.Select(r => $"{r.Shown}: {r.Text}"));
    }

    /// <summary>What README.md says of an option that all changes have; null: nothing.</summary>
    public static string? OfOption(string name) => OptionTexts.GetValueOrDefault(name);

    /// <summary>The comment on a type.</summary>
    public static string? OfType(Type type) => Text(Members.GetValueOrDefault("T:" + type.FullName!.Replace('+', '.'))?.Element("summary"));

    /// <summary>The comment on a property, or on the parameter of a record that it is.</summary>
    public static string? OfProperty(Type type, string property) => Text(Members.GetValueOrDefault($"P:{type.FullName}.{property}")?.Element("summary"))
        ?? Text(Members.GetValueOrDefault("T:" + type.FullName)?.Elements("param").FirstOrDefault(p => p.Attribute("name")?.Value == property));

    /// <summary>The comment on a value of an enumeration.</summary>
    public static string? OfValue(Type type, string value) => Text(Members.GetValueOrDefault($"F:{type.FullName}.{value}")?.Element("summary"));

    private static string? Text(XElement? element) => element is null ? null : Blanks().Replace(string.Concat(element.Nodes().Select(Text)), " ").Trim();

    private static string Text(XNode node) => node switch
    {
        XElement { Name.LocalName: "see" or "seealso" } see => see.Attribute("cref")!.Value.Split('.')[^1],
        XElement { Name.LocalName: "paramref" } reference => reference.Attribute("name")!.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement other => other.Value,
        _ => ((XText)node).Value,
    };

    private static IEnumerable<(string, string, string, string)> CallsOf(Match row)
    {
        var method = "";
        foreach (Match item in Quoted().Matches(row.Groups[1].Value))
        {
            var words = item.Groups[1].Value.Split(' ');
            method = words.Length == 2 ? words[0] : method;
            if (words[^1].Split('?', '[')[0] is { Length: > 0 } path)
                yield return (method, path, item.Value, row.Groups[2].Value);
        }
    }

    [GeneratedRegex(@"^\| (`(?:GET|POST|DELETE) .+?) \| (.+) \|$", RegexOptions.Multiline)]
    private static partial Regex Rows();

    [GeneratedRegex(@"^\| `(\w+)=[\w]+` \| (.+) \|$", RegexOptions.Multiline)]
    private static partial Regex OptionRows();

    [GeneratedRegex(@"`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
