using PgHa.Agent.Configuration;

namespace PgHa.Agent.Tests.Configuration;

[Trait("Category", "Fast")]
public sealed class FormsTests
{
    [Theory]
    [InlineData("127.0.0.1:5432", "127.0.0.1", 5432)]
    [InlineData("[::1]:5432", "::1", 5432)]
    [InlineData("[2001:db8:0:0::7]:1", "2001:db8::7", 1)]
    [InlineData("db-1.example.org:65535", "db-1.example.org", 65535)]
    [InlineData("localhost:5433", "localhost", 5433)]
    public void A_postgres_address_is_a_host_and_a_port(string text, string host, int port)
    {
        Assert.Null(PostgresAddress.Parse(text, out var address));
        Assert.Equal(new PostgresAddress(host, port), address);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("::1:5432")]
    [InlineData("[127.0.0.1]:5432")]
    [InlineData("[db1]:5432")]
    [InlineData(":5432")]
    [InlineData("db1:")]
    [InlineData("db1:0")]
    [InlineData("db1:65536")]
    [InlineData("db1:-1")]
    [InlineData("db1: 5432")]
    [InlineData("db1:5432/x")]
    [InlineData("/var/run/postgresql:5432")]
    [InlineData("a b:5432")]
    [InlineData("0.0.0.0:5432")]
    [InlineData("[::]:5432")]
    public void What_is_no_postgres_address_is_refused(string text)
    {
        Assert.NotNull(PostgresAddress.Parse(text, out var address));
        Assert.Null(address);
    }

    [Theory]
    [InlineData("1kB", 1024UL)]
    [InlineData("64 MB", 64UL << 20)]
    [InlineData("10GB", 10UL << 30)]
    [InlineData("2TB", 2UL << 40)]
    public void A_size_is_a_number_with_a_unit(string text, ulong bytes)
    {
        Assert.Null(ByteSize.Parse(text, out var size));
        Assert.Equal(bytes, size!.Bytes);
    }

    [Theory]
    [InlineData("10"), InlineData("0GB"), InlineData("10gb"), InlineData("1.5GB"), InlineData("-1GB"), InlineData("GB"), InlineData("9999999TB")]
    public void Nothing_else_is_a_size(string text) => Assert.NotNull(ByteSize.Parse(text, out _));

    [Theory]
    [InlineData("http://127.0.0.1:8079")]
    [InlineData("https://pg-node01:8079/")]
    [InlineData("http://[::1]:8079")]
    [InlineData("HTTP://DB1")]
    public void An_agent_is_an_http_or_https_url_without_a_path(string text)
    {
        Assert.Null(UrlForm.Agent(text, out var url));
        Assert.Equal("/", url!.AbsolutePath);
    }

    [Theory]
    [InlineData("127.0.0.1:8079")]
    [InlineData("pg-node01:8079")]
    [InlineData("/pg-node01")]
    [InlineData("ftp://pg-node01")]
    [InlineData("http://")]
    [InlineData("http://*:8079")]
    [InlineData("http://pg-node01:8079/api")]
    [InlineData("http://pg-node01:8079/?a=b")]
    [InlineData("http://pg-node01:8079/#a")]
    [InlineData("http://me:secret@pg-node01:8079")]
    [InlineData("http://pg-node01:0")]
    [InlineData("http://pg-node01:65536")]
    [InlineData("http://0.0.0.0:8079")]
    [InlineData("http://[::]:8079")]
    public void What_is_no_agent_url_is_refused(string text)
    {
        Assert.NotNull(UrlForm.Agent(text, out var url));
        Assert.Null(url);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", true)]
    [InlineData("http://127.9.9.9:1", true)]
    [InlineData("http://[::1]:1", true)]
    [InlineData("http://localhost:1", true)]
    [InlineData("http://LocalHost:1", true)]
    [InlineData("http://0.0.0.0:1", false)]
    [InlineData("http://[::]:1", false)]
    [InlineData("http://192.168.0.1:1", false)]
    [InlineData("http://pg-node01:1", false)]
    [InlineData("http://localhost.example.org:1", false)]
    [InlineData("http://127.0.0.1.example.org:1", false)]
    public void Loopback_is_what_only_this_machine_can_reach(string text, bool isLoopback)
    {
        Assert.Null(UrlForm.Listen(text, out var url));
        Assert.Equal(isLoopback, UrlForm.IsLoopback(url!));
    }

    [Theory]
    [InlineData("pg-node01", true)]
    [InlineData("db1.example_org", true)]
    [InlineData("1", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("-x", false)]
    [InlineData("a/b", false)]
    [InlineData("a b", false)]
    [InlineData("knoten-ä", false)]
    [InlineData("a\n", false)]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234", false)]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123", true)]
    public void A_name_fits_into_a_path_and_a_host_name(string text, bool fits) =>
        Assert.Equal(fits, Forms.Label(text, out _) is null);

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("Data_Dir", "data_dir", 0)]
    [InlineData("data_dir", "date_dir", 1)]
    public void Edit_distance_counts_insertions_deletions_and_replacements(string from, string to, int distance) =>
        Assert.Equal(distance, NearestName.Distance(from, to));
}
