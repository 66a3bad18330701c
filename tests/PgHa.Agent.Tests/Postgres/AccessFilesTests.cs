using PgHa.Agent.Postgres;

namespace PgHa.Agent.Tests.Postgres;

[Trait("Category", "Fast")]
public sealed class AccessFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-access").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string path) => Path.Combine(_folder, path);

    [Fact]
    public void Lists_and_includes_are_named_and_what_those_name()
    {
        Directory.CreateDirectory(In("more.d"));
        File.WriteAllText(In("more.d/one.conf"), "include_if_exists 'deeper.conf'\n".Replace("'", "\"", StringComparison.Ordinal));
        File.WriteAllText(In("admins"), "alice, @others\n");
        File.WriteAllText(In("pg_hba.conf"), """
            local all,@"data bases" @admins trust
            host all all 0.0.0.0/0 ldap ldapurl="ldap://user@host/"
            include_dir more.d
            include gone.conf # @not
            """);
        Assert.Equal(new[] { "admins", "data bases", "gone.conf", "more.d", "more.d/deeper.conf", "others" }.Select(In), AccessFiles.Named(In("pg_hba.conf")).Order(StringComparer.Ordinal));
    }
}
