using PgHa.Agent.Configuration;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Tests.Postgres;

[Trait("Category", "Fast")]
public sealed class RewindMarkerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-marker").FullName;
    private readonly AgentOptions _options;

    public RewindMarkerTests()
    {
        _options = new()
        {
            Cluster = "main",
            Node = "n1",
            Listen = new("http://127.0.0.1:1"),
            Nodes = [new("n1", new("http://127.0.0.1:1"), "127.0.0.1", 5432)],
            Postgres = new() { DataDir = Path.Combine(_folder, "data") },
            StateDir = Directory.CreateDirectory(Path.Combine(_folder, "state")).FullName,
            Security = new(),
        };
        Make("data", "own");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>As another run of the agent sees it.</summary>
    private RewindMarker Marker => new(_options, new DataDirectory(_options));

    private string In(string path) => Path.Combine(_folder, path);

    private string Make(string name, string configuration)
    {
        Directory.CreateDirectory(In(name));
        File.WriteAllText(In($"{name}/postgresql.conf"), configuration);
        return In(name);
    }

    private void Begin()
    {
        using var keeping = Marker.Keep(OwnFiles.Read(In("data"), ["postgresql.conf", "linked.conf"]));
        Marker.Set("of today");
    }

    [Fact]
    public void A_rewind_that_began_and_did_not_finish_makes_the_directory_unusable_across_runs()
    {
        Assert.Null(Marker.Problem);
        Begin();
        Assert.Contains("did not finish", Marker.Problem, StringComparison.Ordinal);
        Marker.Clear();
        Assert.Null(Marker.Problem);
    }

    [Fact]
    public void The_nodes_own_files_are_kept_from_before_the_rewind()
    {
        Begin();
        Make("data", "the source's");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(In("state/rewind-files")));
        Assert.Null(Marker.Own!.PutBack(Make("side", "the source's")));
        Assert.Equal("own", File.ReadAllText(In("side/postgresql.conf")));
        Marker.Clear();
        Assert.Null(Marker.Own);
        Assert.Empty(Directory.GetFileSystemEntries(In("state")));
    }

    [Fact]
    public void What_pg_rewind_stumbles_over_is_out_of_its_way_only_until_it_is_done_or_was_not_begun()
    {
        File.CreateSymbolicLink(In("data/linked.conf"), "postgresql.conf");
        var keeping = Marker.Keep(OwnFiles.Read(In("data"), ["postgresql.conf", "linked.conf"]));
        Assert.Equal(["postgresql.conf"], Directory.GetFileSystemEntries(In("data")).Select(Path.GetFileName));
        Marker.PutBackUnlessBegun(); // as another run of the agent does after a crash
        keeping.Dispose();
        Assert.Equal("postgresql.conf", new FileInfo(In("data/linked.conf")).LinkTarget);
        Assert.Empty(Directory.GetFileSystemEntries(In("state")));
        Begin();
        Marker.PutBackUnlessBegun();
        Assert.False(File.Exists(In("data/linked.conf")));
        Assert.Null(Marker.Own!.PutBack(In("data")));
        Assert.Equal("postgresql.conf", new FileInfo(In("data/linked.conf")).LinkTarget);
    }

    /// <summary>The agent may die between the exchange of the directories and the end of the marker.</summary>
    [Fact]
    public void What_took_the_place_is_not_meant_and_what_it_replaced_still_is()
    {
        Begin();
        Marker.Exempt(Make("side", "the copy"));
        Assert.NotNull(Marker.Problem);
        Directory.Move(In("data"), In("old"));
        Directory.Move(In("side"), In("data"));
        Assert.Null(Marker.Problem);
        Directory.Move(In("data"), In("side"));
        Directory.Move(In("old"), In("data"));
        Assert.NotNull(Marker.Problem);
    }

    [Fact]
    public void A_directory_that_replaced_another_is_unusable_again_when_its_own_rewind_does_not_finish()
    {
        Begin();
        Marker.Exempt(In("data"));
        Assert.Null(Marker.Problem);
        Begin();
        Assert.NotNull(Marker.Problem);
        Marker.Clear();
        Assert.Equal(["postgresql.conf"], Directory.GetFileSystemEntries(In("data")).Select(Path.GetFileName));
    }
}
