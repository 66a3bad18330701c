using System.CommandLine;
using System.Text.RegularExpressions;

namespace PgHa.Commands.Tests;

/// <summary>Every command that a document or a help text names can be typed.</summary>
[Trait("Category", "Fast")]
public partial class DocumentedCommandsTests
{
    private static readonly string Root = FindRoot();

    public static TheoryData<string> Documents =>
        [.. Directory.EnumerateFiles(Path.Combine(FindRoot(), "docs"), "*.md").Append(Path.Combine(FindRoot(), "README.md")).Append(Path.Combine(FindRoot(), "CHANGELOG.md")).Select(f => Path.GetRelativePath(FindRoot(), f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void What_a_document_names_parses(string document)
    {
        foreach (Match match in Spans().Matches(File.ReadAllText(Path.Combine(Root, document))))
            Parses(match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value, document);
    }

    [Fact]
    public void Every_command_is_in_the_document_of_the_command_line()
    {
        var text = File.ReadAllText(Path.Combine(Root, "docs/cli.md"));
        foreach (var command in CommandLine.Create().Subcommands.Where(c => c.Name is not ("agent" or "guard" or "etcd" or "witness")))
            Assert.True(text.Contains($"pgha {command.Name}", StringComparison.Ordinal), $"docs/cli.md does not name pgha {command.Name}");
    }

    [Fact]
    public void Every_command_of_an_operator_has_examples_that_parse()
    {
        foreach (var command in All(CommandLine.Create()).Where(c => c is { Subcommands.Count: 0, Hidden: false } && c.Name is not ("agent" or "guard")))
        {
            Assert.True(command.Description!.Contains("Example", StringComparison.Ordinal) || command.Name == "replace", $"{command.Name} has no example");
            foreach (Match line in Examples().Matches(command.Description!))
                Parses(line.Groups[1].Value, command.Name);
        }
    }

    [Fact]
    public async Task Help_is_printed_for_every_command()
    {
        foreach (var path in Paths(CommandLine.Create(), []))
        {
            using var output = new StringWriter();
            using var error = new StringWriter();
            var code = await CommandLine.RunAsync([.. path, "--help"], new InvocationConfiguration { Output = output, Error = error });
            Assert.True(code == 0 && error.ToString().Length == 0, $"pgha {string.Join(' ', path)} --help: {error}");
            Assert.Contains("Usage:", output.ToString(), StringComparison.Ordinal);
            if (path.Length == 0)
                Assert.DoesNotContain("Example", output.ToString(), StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string[]> Paths(Command command, string[] above) => command.Subcommands.Where(c => !c.Hidden).SelectMany(c => Paths(c, [.. above, c.Name])).Prepend(above);

    private static void Parses(string typed, string where)
    {
        var words = Words().Matches(Comments().Replace(typed, "")).Select(w => w.Value.Trim('"'))
            .Select(w => Choices().IsMatch(w) ? w.Split('|')[0].Trim('[', ']') : w.Trim('[', ']', ',')).Where(w => w is not ("" or "…" or "...")).Select(w => w is "TIMELINE" or "N" ? "1" : w).ToArray();
        if (words.Length < 2 || words[1] is "COMMAND" or "X") return;
        var parsed = CommandLine.Create().Parse(words[1..].TakeWhile(w => w is not (">" or "2>&1" or "&&" or "&")).ToArray());
        // A word that only names a group of commands, or a command whose arguments a sentence leaves out, is no line to be typed.
        var errors = parsed.Errors.Where(e => !e.Message.StartsWith("Required ", StringComparison.Ordinal) && !e.Message.StartsWith("Option '", StringComparison.Ordinal)).ToArray();
        Assert.True(errors.Length == 0, $"{where} names `{typed}`: {string.Join("; ", errors.Select(e => e.Message))}");
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PgHa.slnx"))) folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex(@"`(pgha [^`\n]+)`|^(?:\$ )?(pgha [^\n]+[^.\n])$", RegexOptions.Multiline)]
    private static partial Regex Spans();

    [GeneratedRegex(@"^  (pgha [^\n]+)$", RegexOptions.Multiline)]
    private static partial Regex Examples();

    [GeneratedRegex(@"( {2,}|\s#).*$")]
    private static partial Regex Comments();

    [GeneratedRegex(@"""[^""]*""|\S+")]
    private static partial Regex Words();

    [GeneratedRegex(@"^\[?[a-z-]+(\|[a-z-]+)+\]?$")]
    private static partial Regex Choices();
}
