using System.Text.RegularExpressions;

namespace PgHa.Agent.Tests;

/// <summary>The directions in which the folders may use each other, read from the sources.</summary>
[Trait("Category", "Fast")]
public partial class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Configuration"] = [],
        ["Files"] = [],
        ["Security"] = [],
        ["Cluster"] = [],
        ["Plans"] = ["Cluster"],
        ["Operations"] = ["Plans", "Cluster", "Configuration", "Files"],
        ["Postgres"] = ["Plans", "Cluster", "Configuration", "Files"],
        ["Peers"] = ["Cluster", "Configuration", "Postgres", "Security"],
        ["Api"] = ["Plans", "Cluster", "Configuration", "Operations", "Postgres", "Security"],
    };

    public static TheoryData<string> Folders => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_only_what_the_picture_allows(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Sources.Agent, folder), "*.cs", SearchOption.AllDirectories))
            foreach (Match use in Use().Matches(File.ReadAllText(file)))
                if (use.Groups[1].Value is var used && used != folder)
                    Assert.True(Allowed[folder].Contains(used), $"{file} uses {used}");
    }

    [Fact]
    public void Every_folder_is_in_the_picture() => Assert.Equal(
        Directory.EnumerateDirectories(Sources.Agent).Select(d => Path.GetFileName(d)!).Where(d => d is not ("bin" or "obj")).Order(),
        Allowed.Keys.Order());

    [Fact]
    public void The_specifications_words_for_roles_stay_at_the_edge_of_v1()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Sources.Root, "src"), "*.cs", SearchOption.AllDirectories))
            if (!file.Contains("/Api/V1/") && !file.EndsWith("/ReservedNames.cs") && !file.Contains("/obj/"))
                Assert.DoesNotMatch(@"(?i)\b(masters?|slaves?)\b", SeedCalls().Replace(File.ReadAllText(file), ""));
    }

    [GeneratedRegex(@"PgHa\.Agent\.(\w+)")]
    private static partial Regex Use();

    /// <summary>Hints name the specification's calls as users type them.</summary>
    [GeneratedRegex(@"instance/\w+")]
    private static partial Regex SeedCalls();
}
