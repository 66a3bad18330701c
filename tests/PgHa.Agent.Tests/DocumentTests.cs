using System.Text.RegularExpressions;

namespace PgHa.Agent.Tests;

/// <summary>What the documents name must exist.</summary>
[Trait("Category", "Fast")]
public partial class DocumentTests
{
    public static TheoryData<string> Documents => ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

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

    [Fact]
    public void Every_call_in_the_README_is_routed()
    {
        var routes = string.Concat(Directory.EnumerateFiles(Path.Combine(Sources.Agent, "Api"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        foreach (Match call in Calls().Matches(File.ReadAllText(Path.Combine(Sources.Root, "README.md"))))
            foreach (var path in call.Groups[1].Value.Split(',').Select(p => p.Trim(' ', '`').Replace("POST ", "", StringComparison.Ordinal)))
                Assert.True(IsRouted(path, routes), $"README.md names {path}");
    }

    /// <summary>A key of the tables of calls, or a route template whose parameters may stand for anything.</summary>
    private static bool IsRouted(string path, string routes) =>
        routes.Contains($"[\"{path}\"]", StringComparison.Ordinal)
        || Templates().Matches(routes).Any(t => Matches(t.Groups[1].Value.Split('/'), path.Split('/')));

    private static bool Matches(string[] template, string[] path) =>
        template.Length == path.Length && template.Zip(path).All(p => p.First == p.Second || p.First.StartsWith('{'));

    private static bool Exists(string path) =>
        new[] { Sources.Root, Sources.Agent }.Any(root => File.Exists(Path.Combine(root, path)) || Directory.Exists(Path.Combine(root, path))
            || File.Exists(Path.Combine(root, path + ".cs")));

    [GeneratedRegex(@"`((?:src|tests|Api|Plans|Operations|Postgres|Cluster|docs)/[\w./]+?)`")]
    private static partial Regex Paths();

    [GeneratedRegex(@"Map(?:Get|Post|Delete)\(""([^""]+)""")]
    private static partial Regex Templates();

    [GeneratedRegex(@"^\| `(?:GET|POST|DELETE) ([\w/]+(?:`, `(?:POST )?[\w/]+)*)`", RegexOptions.Multiline)]
    private static partial Regex Calls();
}
