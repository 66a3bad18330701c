using System.Text.RegularExpressions;

namespace PgHa.Agent.Tests;

/// <summary>docs/facts.md: each fact that the sources cite is there, and so is each test that it names; and those of docs/faults.md.</summary>
[Trait("Category", "Fast")]
public partial class FactsTests
{
    private static readonly string Document = File.ReadAllText(Path.Combine(Sources.Root, "docs", "facts.md"));

    [Fact]
    public void Every_fact_that_is_cited_is_there()
    {
        var known = Headings().Matches(Document).Select(m => m.Groups[1].Value).ToHashSet();
        foreach (var file in Sources.Of("src").Concat(Sources.Of("tests")).Append(Path.Combine(Sources.Root, "ARCHITECTURE.md")))
            foreach (var number in Cited(File.ReadAllText(file)))
                Assert.True(known.Contains(number), $"{file} cites fact {number}");
    }

    [Fact]
    public void Every_fact_says_where_it_was_measured_and_which_test_shows_it()
    {
        foreach (var fact in Document.Split("\n### ").Skip(1))
        {
            Assert.Matches("(?m)^Measured on: ", fact);
            Assert.Matches("(?m)^(Shown by|Used in): ", fact);
        }
    }

    [Theory]
    [InlineData("facts.md"), InlineData("faults.md")]
    public void Every_test_that_is_named_exists(string document)
    {
        var classes = Sources.Of("tests").ToLookup(file => Path.GetFileNameWithoutExtension(file));
        var named = Tests().Matches(File.ReadAllText(Path.Combine(Sources.Root, "docs", document)));
        Assert.NotEmpty(named);
        foreach (Match test in named)
            Assert.True(classes[test.Groups[1].Value].Any(file => File.ReadAllText(file).Contains($" {test.Groups[2].Value}(", StringComparison.Ordinal)), $"docs/{document} names {test.Value}");
    }

    [Theory]
    [InlineData("(fact 9)", "9")]
    [InlineData("(fact 34a)", "34a")]
    [InlineData("Facts 1 and 2: what", "1 2")]
    [InlineData("facts 5 to 7, 47 and 50).", "5 6 7 47 50")]
    [InlineData("(facts 27 and 34 to 37)", "27 34 35 36 37")]
    public void Citations_are_read_as_they_are_written(string text, string numbers) => Assert.Equal(numbers, string.Join(' ', Cited(text)));

    private static IEnumerable<string> Cited(string text) =>
        from citation in Citations().Matches(text)
        from range in Ranges().Matches(citation.Value)
        from number in range.Groups[2].Success ? Between(int.Parse(range.Groups[1].Value), int.Parse(range.Groups[2].Value)) : [range.Groups[1].Value]
        select number;

    private static IEnumerable<string> Between(int first, int last) => Enumerable.Range(first, last - first + 1).Select(n => $"{n}");

    [GeneratedRegex(@"(?m)^### (\d+a?)\. ")]
    private static partial Regex Headings();

    [GeneratedRegex(@"\b[Ff]acts? \d+a?(?:(?:, | and | to )\d+a?)*\b")]
    private static partial Regex Citations();

    [GeneratedRegex(@"(\d+a?)(?: to (\d+))?")]
    private static partial Regex Ranges();

    [GeneratedRegex(@"`(\w+Tests)\.(\w+)`")]
    private static partial Regex Tests();
}
