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
        ["Steps"] = ["Plans", "Cluster"],
        ["Etcd"] = ["Configuration", "Files", "Security", "Leadership"],
        ["Postgres"] = ["Steps", "Plans", "Cluster", "Configuration", "Files"],
        ["Leadership"] = ["Files"],
        ["Guard"] = ["Leadership", "Postgres", "Configuration", "Files"],
        ["Succession"] = ["Leadership", "Guard", "Etcd", "Upkeep", "Operations", "Steps", "Postgres", "Plans", "Cluster", "Configuration", "Files"],
        ["Upkeep"] = ["Postgres", "Plans", "Cluster", "Configuration", "Files"],
        ["Peers"] = ["Steps", "Cluster", "Configuration", "Postgres", "Security"],
        ["Traces"] = ["Configuration"],
        ["Api"] = ["Steps", "Plans", "Cluster", "Configuration", "Operations", "Postgres", "Security", "Etcd", "Succession"],
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

    /// <summary>Who calls an agent needs none.</summary>
    [Fact]
    public void The_client_uses_nothing_of_the_agent()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Sources.Root, "src", "PgHa.Client"), "*.cs*", SearchOption.AllDirectories))
            Assert.DoesNotMatch(@"PgHa\.Agent\b", File.ReadAllText(file));
    }

    [Fact]
    public void Every_folder_is_in_the_picture() => Assert.Equal(
        Directory.EnumerateDirectories(Sources.Agent).Select(d => Path.GetFileName(d)!).Where(d => d is not ("bin" or "obj")).Order(),
        Allowed.Keys.Order());

    /// <summary>They have words of their own (<c>StateWords</c>).</summary>
    [Fact]
    public void No_message_shows_the_name_of_a_state_in_the_program()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Sources.Root, "src"), "*.cs", SearchOption.AllDirectories))
            Assert.DoesNotMatch(@"\{[\w.!?]*\.(State|Server|Kinship|StoppedAs)\}", File.ReadAllText(file));
    }

    [GeneratedRegex(@"PgHa\.Agent\.(\w+)")]
    private static partial Regex Use();
}
