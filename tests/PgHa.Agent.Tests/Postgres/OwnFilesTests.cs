using PgHa.Agent.Postgres;

namespace PgHa.Agent.Tests.Postgres;

[Trait("Category", "Fast")]
public sealed class OwnFilesTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-own").FullName;

    private static string[] Paths => ["server.key", "link.conf", "folder", "folder/own", "maybe.conf", "deep/file"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string path) => Path.Combine(_folder, path);

    private void Make(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(path))!);
        File.WriteAllText(In(path), content);
    }

    private OwnFiles Own()
    {
        foreach (var path in (string[])["own/server.key", "own/folder/own", "own/deep/file"])
            Make(path, "own");
        File.SetUnixFileMode(In("own/server.key"), Private);
        File.CreateSymbolicLink(In("own/link.conf"), "../elsewhere.conf");
        return OwnFiles.From(OwnFiles.Read(In("own"), Paths).ToBytes());
    }

    private void AreBackIn(string directory)
    {
        Assert.Equal("own", File.ReadAllText(In($"{directory}/server.key")));
        Assert.Equal(Private, File.GetUnixFileMode(In($"{directory}/server.key")));
        Assert.Equal("../elsewhere.conf", new FileInfo(In($"{directory}/link.conf")).LinkTarget);
        Assert.Equal(["own"], Directory.GetFileSystemEntries(In($"{directory}/folder")).Select(Path.GetFileName));
        Assert.Equal("own", File.ReadAllText(In($"{directory}/deep/file")));
        Assert.False(File.Exists(In($"{directory}/maybe.conf")));
    }

    [Fact]
    public void They_come_into_an_empty_directory()
    {
        var own = Own();
        Directory.CreateDirectory(In("copy"));
        Assert.Null(own.PutBack(In("copy")));
        AreBackIn("copy");
    }

    [Fact]
    public void They_take_the_place_of_the_other_nodes_and_what_the_node_does_not_have_goes()
    {
        var own = Own();
        foreach (var path in (string[])["copy/server.key", "copy/link.conf", "copy/folder/own", "copy/folder/other", "copy/folder/sub/other", "copy/maybe.conf", "copy/deep/file"])
            Make(path, "other");
        Assert.Null(own.PutBack(In("copy")));
        AreBackIn("copy");
    }

    [Fact]
    public void They_take_the_place_of_what_is_of_another_kind()
    {
        var own = Own();
        foreach (var path in (string[])["copy/server.key/file", "copy/link.conf/file", "copy/maybe.conf/file", "copy/folder"])
            Make(path, "other");
        File.CreateSymbolicLink(In("copy/deep"), In("own"));
        Assert.Null(own.PutBack(In("copy")));
        AreBackIn("copy");
        Assert.Equal(["deep", "folder", "link.conf", "server.key"], Directory.GetFileSystemEntries(In("own")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void What_is_a_link_stays_where_it_leads()
    {
        var own = Own();
        Make("elsewhere.conf", "the operator's");
        File.SetLastWriteTimeUtc(In("elsewhere.conf"), DateTime.UnixEpoch);
        own.TakeHindrances(In("own"));
        Assert.Null(own.PutBack(In("own")));
        AreBackIn("own");
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(In("elsewhere.conf")));
    }

    [Fact]
    public void What_has_come_meanwhile_stays_where_nothing_has_begun()
    {
        var own = Own();
        own.TakeHindrances(In("own"));
        Make("own/link.conf", "came meanwhile");
        own.PutHindrancesBack(In("own"));
        Assert.Equal("came meanwhile", File.ReadAllText(In("own/link.conf")));
    }
}
