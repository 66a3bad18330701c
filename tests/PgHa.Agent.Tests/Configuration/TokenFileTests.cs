using PgHa.Agent.Configuration;

namespace PgHa.Agent.Tests.Configuration;

[Trait("Category", "Fast")]
public sealed class TokenFileTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string folder = Directory.CreateTempSubdirectory("pgha-token-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void White_space_around_the_token_does_not_matter() =>
        Assert.Equal("0123456789abcdef", TokenFile.Read(Write(" 0123456789abcdef\n")).Token);

    [Theory]
    [InlineData("", "is empty")]
    [InlineData(" \n", "is empty")]
    [InlineData("0123456789abcde", "shorter than 16")]
    [InlineData("0123456789abcdef\n0123456789abcdef", "line breaks")]
    [InlineData("0123456789 abcdef", "spaces")]
    [InlineData("0123456789abcdeä", "beyond ASCII")]
    public void A_token_that_cannot_protect_is_refused_without_being_shown(string text, string message)
    {
        var result = TokenFile.Read(Write(text));

        Assert.Null(result.Token);
        Assert.Equal("security.token_file", result.Error!.Key);
        Assert.Contains(message, result.Error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789", result.Error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0400", true)]
    [InlineData("0600", true)]
    [InlineData("0640", true)]
    [InlineData("0644", false)]
    [InlineData("0660", false)]
    [InlineData("0604", false)]
    [InlineData("0700", false)]
    public void A_file_that_others_can_read_is_refused_with_its_mode(string mode, bool isSafe)
    {
        var result = TokenFile.Read(Write("0123456789abcdef", (UnixFileMode)Convert.ToInt32(mode, 8)));

        Assert.Equal(isSafe, result.IsValid);
        if (!isSafe)
            Assert.Contains($"has mode {mode}, at most 0640", result.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_has_the_mode_of_its_target()
    {
        var link = Path.Combine(folder, "link");
        File.CreateSymbolicLink(link, Write("0123456789abcdef"));

        Assert.True(TokenFile.Read(link).IsValid);
    }

    [Fact]
    public void A_missing_file_is_an_error() =>
        Assert.Contains("does not exist", TokenFile.Read(Path.Combine(folder, "no")).Error!.Message, StringComparison.Ordinal);

    [Fact]
    public void A_result_in_a_log_does_not_show_the_token() =>
        Assert.DoesNotContain("0123456789", $"{TokenFile.Read(Write("0123456789abcdef"))}", StringComparison.Ordinal);

    private string Write(string text, UnixFileMode mode = Private)
    {
        var file = Path.Combine(folder, "token");
        File.WriteAllText(file, text);
#pragma warning disable CA1416 // pgha runs on Linux only
        File.SetUnixFileMode(file, mode);
#pragma warning restore CA1416
        return file;
    }
}
