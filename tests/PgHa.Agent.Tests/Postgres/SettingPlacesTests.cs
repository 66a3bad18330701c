using PgHa.Agent.Postgres;

namespace PgHa.Agent.Tests.Postgres;

[Trait("Category", "Fast")]
public sealed class SettingPlacesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-places").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string path) => Path.Combine(_folder, path);

    private SettingPlaces Read(string configuration, params string[] arguments)
    {
        File.WriteAllText(In("postgresql.conf"), configuration);
        return SettingPlaces.Read(In("postgresql.conf"), In("postgresql.auto.conf"), arguments);
    }

    [Fact]
    public void Files_are_named_where_they_exist_or_not_by_all_three_ways_and_from_where_they_are_included()
    {
        Directory.CreateDirectory(In("mine.d"));
        File.WriteAllText(In("mine.d/a.conf"), "include 'sub/b.conf'\n");
        var places = Read("include_if_exists = 'it''s.conf'\nInclude_Dir 'mine.d'\ninclude_dir = 'none.d' # later\ninclude sub.conf");
        Assert.Equal(
            new[] { "postgresql.conf", "it's.conf", "mine.d", "mine.d/a.conf", "mine.d/sub/b.conf", "none.d", "sub.conf", "postgresql.auto.conf" }.Select(In),
            places.Files);
    }

    [Theory]
    [InlineData("ssl_cert_file = 'certs/mine.crt' # not this.crt", "certs/mine.crt")]
    [InlineData("ssl_passphrase_command 'cat secrets/passphrase'", "secrets/passphrase")]
    [InlineData("archive_command = 'test -x bin/push&&bin/push \"%p\"'", "bin/push")]
    [InlineData("primary_conninfo = 'host=a passfile=''the pass file'' sslkey=client.key'", "client.key")]
    [InlineData("""restore_command = 'cp with\\backslash %p'""", """with\backslash""")]
    public void Words_of_values_may_be_files(string line, string word)
    {
        Assert.Contains(word, Read(line).Words);
        Assert.DoesNotContain("this.crt", Read(line).Words);
    }

    [Fact]
    public void Words_of_the_command_line_may_be_files() => Assert.Contains("/own/key", Read("", "-c", "ssl_key_file=/own/key").Words);
}
