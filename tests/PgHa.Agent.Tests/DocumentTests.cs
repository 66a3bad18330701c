using System.Text.RegularExpressions;
using PgHa.Agent.Plans;

namespace PgHa.Agent.Tests;

/// <summary>What the documents name must exist.</summary>
[Trait("Category", "Fast")]
public partial class DocumentTests
{
    public static TheoryData<string> Documents =>
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/adopt.md", "docs/debian.md", "docs/etcd.md", "docs/facts.md", "docs/failover.md", "docs/faults.md", "docs/health.md", "docs/metrics.md", "docs/nodes.md", "docs/slots.md"];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Files_that_a_document_names_exist(string document)
    {
        foreach (Match match in Paths().Matches(File.ReadAllText(Path.Combine(Sources.Root, document))))
        {
            var path = match.Groups[1].Value;
            Assert.True(Exists(path), $"{document} names {path}");
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_of_a_document_lead_to_a_file_and_a_heading(string document)
    {
        var path = Path.Combine(Sources.Root, document);
        foreach (Match link in Links().Matches(File.ReadAllText(path)))
        {
            var target = link.Groups[1].Value is { Length: > 0 } file ? Path.Combine(Path.GetDirectoryName(path)!, file) : path;
            Assert.True(File.Exists(target), $"{document} links to {link.Value}");
            if (link.Groups[2].Value is { Length: > 0 } heading)
                Assert.True(Headings().Matches(File.ReadAllText(target)).Any(h => Anchor(h.Groups[1].Value) == heading), $"{document} links to {link.Value}");
        }
    }

    /// <summary>As GitHub makes it.</summary>
    private static string Anchor(string heading) => Marks().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    [Fact]
    public void Every_call_in_the_README_is_routed()
    {
        var routes = string.Concat(Directory.EnumerateFiles(Path.Combine(Sources.Agent, "Api"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        foreach (var (method, path) in CallsOfReadme())
            Assert.True(IsRouted(method, path, routes), $"README.md names {method} {path}");
    }

    [Fact]
    public void Every_call_of_a_request_is_in_the_README_with_its_options()
    {
        var readme = File.ReadAllText(Path.Combine(Sources.Root, "README.md"));
        var table = CallsOfReadme().ToHashSet();
        foreach (var call in RequestForm.AllCalls)
        {
            Assert.True(call.IsNative ? Native().Match(readme).Groups[1].Value.Split(',').Contains(call.Path["v2/cluster/".Length..]) : table.Contains((call.Method, call.Path)), $"{call} is not in README.md");
            foreach (var option in call.Options)
                Assert.True(readme.Contains(call.IsNative ? $"`{option.Name}`" : $"{option.Name}={option.Values?[^1]}", StringComparison.Ordinal), $"README.md does not explain {option.Name} of {call}");
        }
    }

    private static IEnumerable<(string Method, string Path)> CallsOfReadme() => Calls().Matches(File.ReadAllText(Path.Combine(Sources.Root, "README.md")))
        .SelectMany(row => row.Groups[2].Value.Split(',').Select(p => Prefix().Replace(p.Trim(' ', '`'), "")).Select(path => (row.Groups[1].Value, path)));

    /// <summary>A call of the table of requests, or a route template whose parameters may stand for anything.</summary>
    private static bool IsRouted(string method, string path, string routes) =>
        RequestForm.AllCalls.Any(call => call.Method == method && call.Path == path)
        || Templates().Matches(routes).Any(t => Method(t.Groups[1].Value) == method && Matches(t.Groups[2].Value.Split('/'), path.Split('/')));

    private static string Method(string mapped) => mapped == "Methods" ? "GET" : mapped.ToUpperInvariant();

    private static bool Matches(string[] template, string[] path) =>
        template.Length == path.Length && template.Zip(path).All(p => p.First == p.Second || p.First.StartsWith('{'));

    private static bool Exists(string path) =>
        new[] { Sources.Root, Sources.Agent }.Any(root => File.Exists(Path.Combine(root, path)) || Directory.Exists(Path.Combine(root, path))
            || File.Exists(Path.Combine(root, path + ".cs")));

    [GeneratedRegex(@"`((?:src|tests|Api|Plans|Operations|Postgres|Cluster|docs)/[\w./]+?)`")]
    private static partial Regex Paths();

    [GeneratedRegex(@"\]\((?!https?:)([\w./-]*)(?:#([\w-]+))?\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Headings();

    [GeneratedRegex(@"[^\w -]")]
    private static partial Regex Marks();

    [GeneratedRegex(@"Map(Get|Post|Put|Delete|Methods)\(""([^""]+)""")]
    private static partial Regex Templates();

    /// <summary>A row of the tables of calls, without the options that follow a path.</summary>
    [GeneratedRegex(@"^\| `(GET|POST|DELETE) ([\w/]+(?:`, `(?:(?:POST|PUT) )?[\w/]+)*)[`\[?]", RegexOptions.Multiline)]
    private static partial Regex Calls();

    [GeneratedRegex(@"^(?:POST|PUT) ")]
    private static partial Regex Prefix();

    [GeneratedRegex(@"`POST cluster/\{([\w,]+)\}`")]
    private static partial Regex Native();
}
