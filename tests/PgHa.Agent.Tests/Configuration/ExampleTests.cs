using System.Text.RegularExpressions;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Tests.Configuration;

[Trait("Category", "Fast")]
public sealed partial class ExampleTests
{
    private static readonly string Example = File.ReadAllText(Yaml.RepositoryFile("pgha.example.yml"));

    [Fact]
    public void The_example_is_in_force_as_it_stands()
    {
        var result = ConfigurationLoader.Load(Yaml.RepositoryFile("pgha.example.yml"), Yaml.NoEnvironment);

        Assert.Empty(result.Errors);
        Assert.Equal(["pg-node01", "pg-node02"], result.Options!.Nodes.Select(node => node.Name));
    }

    [Fact]
    public void With_every_optional_line_set_the_example_contains_every_known_key()
    {
        var result = Yaml.Parse(OptionalLine().Replace(Example, ""));

        Assert.Empty(result.Errors);
        Assert.Equal(KnownKeys.Settable(["pg-node01", "pg-node02"]).Append("witnesses.pg-witness").Order(), result.Settings.Select(setting => setting.Key).Order());
        Assert.All(result.Settings, setting => Assert.StartsWith("pgha.yml:", setting.Source, StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_example_shows_for_a_key_with_a_default_is_the_default() =>
        Assert.All(KnownKeys.All.Where(known => known.Default is not null), known =>
            Assert.Contains($"#{known.Key[(known.Key.LastIndexOf('.') + 1)..]}: {known.Default}\n", Example, StringComparison.Ordinal));

    [GeneratedRegex("(?<=^ *)#(?=[a-z_]+:)", RegexOptions.Multiline)]
    private static partial Regex OptionalLine();
}
