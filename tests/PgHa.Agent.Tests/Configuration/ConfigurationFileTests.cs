using System.Text;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Tests.Configuration;

[Trait("Category", "Fast")]
public sealed class ConfigurationFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("pgha-config-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_file_is_loaded_and_named_as_the_source()
    {
        var result = ConfigurationLoader.Load(Write("mine.yml", Encoding.UTF8.GetBytes(Yaml.Good)), Yaml.NoEnvironment);

        Assert.True(result.IsValid);
        Assert.Contains(new Setting("node", "pg-node01", "mine.yml:2"), result.Settings);
    }

    [Fact]
    public void A_byte_order_mark_and_windows_line_ends_do_no_harm()
    {
        var text = '\uFEFF' + Yaml.Good.Replace("\n", "\r\n", StringComparison.Ordinal);

        var result = ConfigurationLoader.Load(Write("bom.yml", Encoding.UTF8.GetBytes(text)), Yaml.NoEnvironment);

        Assert.Empty(result.Errors);
        Assert.Contains(new Setting("postgres.data_dir", "/data/pg", "bom.yml:10"), result.Settings);
    }

    [Fact]
    public void A_missing_file_is_named_with_the_default()
    {
        var error = LoadError(Path.Combine(folder, "no.yml"));

        Assert.EndsWith("no.yml does not exist", error.Message, StringComparison.Ordinal);
        Assert.Contains("/etc/pgha/pgha.yml", error.Hint, StringComparison.Ordinal);
        Assert.EndsWith("does not exist", LoadError(Path.Combine(folder, "no/such/folder.yml")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_is_not_a_file() => Assert.EndsWith("is a directory", LoadError(folder).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_whose_reading_fails_is_an_error_with_the_systems_reason() =>
        Assert.Contains("cannot be read: ", LoadError("/proc/self/mem").Message, StringComparison.Ordinal);

    [Fact]
    public void An_endless_file_is_an_error_and_not_a_hang() =>
        Assert.Contains("larger than", LoadError("/dev/zero").Message, StringComparison.Ordinal);

    [Fact]
    public void A_binary_file_is_not_text() =>
        Assert.Contains("not UTF-8", LoadError(Write("binary", [0x7f, 0x45, 0xff, 0xfe])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("  \n\n")]
    [InlineData("# only a comment\n")]
    [InlineData("---\n")]
    public void An_empty_file_is_said_to_be_empty(string text) =>
        Assert.Equal("the file is empty", LoadError(Write("empty.yml", Encoding.UTF8.GetBytes(text))).Message);

    [Fact]
    public void An_empty_name_is_an_error() => Assert.Contains("is not a file name", LoadError("").Message, StringComparison.Ordinal);

    private static ConfigurationError LoadError(string file)
    {
        var error = Assert.Single(ConfigurationLoader.Load(file, Yaml.NoEnvironment).Errors);
        Assert.NotEmpty(error.Hint);
        return error;
    }

    private string Write(string name, byte[] content)
    {
        var file = Path.Combine(folder, name);
        File.WriteAllBytes(file, content);
        return file;
    }
}
