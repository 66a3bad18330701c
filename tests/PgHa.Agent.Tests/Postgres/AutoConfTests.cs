using PgHa.Agent.Postgres;

namespace PgHa.Agent.Tests.Postgres;

[Trait("Category", "Fast")]
public class AutoConfTests
{
    [Fact]
    public void Replaces_every_line_of_the_setting_and_keeps_the_rest() => Assert.Equal(
        "# comment\nwork_mem = '4MB'\nprimary_conninfo = 'host=b password=''x'''\n",
        AutoConf.With("# comment\nprimary_conninfo = 'host=a'\nwork_mem = '4MB'\nPRIMARY_CONNINFO='host=c'\n", "primary_conninfo", "host=b password='x'"));

    [Fact]
    public void Longer_names_are_not_touched() => Assert.StartsWith(
        "primary_conninfo_x = '1'", AutoConf.With("primary_conninfo_x = '1'\n", "primary_conninfo", "y"), StringComparison.Ordinal);
}
