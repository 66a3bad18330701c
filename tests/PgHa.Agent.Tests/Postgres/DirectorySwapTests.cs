using PgHa.Agent.Configuration;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Tests.Postgres;

[Trait("Category", "Fast")]
public sealed class DirectorySwapTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-swap").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Root => Path.Combine(_folder, "data");

    private DirectorySwap Swap(string? root = null)
    {
        var options = new AgentOptions
        {
            Cluster = "main",
            Node = "n1",
            Listen = new("http://127.0.0.1:1"),
            Nodes = [new("n1", new("http://127.0.0.1:1"), "127.0.0.1", 5432)],
            Postgres = new() { DataDir = root ?? Root },
            StateDir = Path.Combine(_folder, "state"),
            Security = new(),
        };
        return new(options, new DataDirectory(options));
    }

    private static string Make(string folder, string content)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "PG_VERSION"), content);
        return folder;
    }

    private static string Content(string folder) => File.ReadAllText(Path.Combine(folder, "PG_VERSION"));

    private string[] Names() => [.. Directory.GetFileSystemEntries(_folder).Select(e => Path.GetFileName(e)).Order(StringComparer.Ordinal)];

    [Theory]
    [InlineData(true), InlineData(false)]
    public void A_new_directory_takes_the_place_of_a_missing_or_empty_one(bool exists)
    {
        if (exists)
            Directory.CreateDirectory(Root);
        var swap = Swap();
        Make(swap.Side, "new");
        swap.SwapIn();
        Assert.Equal(["data"], Names());
        Assert.Equal("new", Content(Root));
    }

    [Fact]
    public void A_new_directory_never_takes_the_place_of_data()
    {
        var swap = Swap();
        Make(Root, "old");
        Make(swap.Side, "new");
        Assert.Throws<IOException>(swap.SwapIn);
        Assert.Equal("old", Content(Root));
    }

    [Fact]
    public void The_replaced_directory_is_kept_where_nothing_removes_it()
    {
        var swap = Swap();
        Make(Root, "old");
        Make(swap.Side, "new");
        swap.SwapInKeeping();
        Assert.Null(swap.RemoveSide());
        Assert.Equal("new", Content(Root));
        Assert.Equal("old", Content(swap.Kept));
        Assert.Equal(["data", "data.pgha-old"], Names());
        Assert.Contains("still kept", swap.RefuseReplacing()!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_swap_would_tear_apart_is_refused()
    {
        Make(Root, "old");
        Assert.Null(Swap().RefuseReplacing());
        var space = Directory.CreateDirectory(Path.Combine(Root, "pg_tblspc"));
        File.CreateSymbolicLink(Path.Combine(space.FullName, "16384"), _folder);
        Assert.Contains("tablespace", Swap().RefuseReplacing()!.Message, StringComparison.Ordinal);
        File.CreateSymbolicLink(Path.Combine(Root, "pg_wal"), _folder);
        Assert.Contains("pg_wal lies elsewhere", Swap().RefuseReplacing()!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_missing_or_empty_directory_is_a_place()
    {
        Assert.True(Swap().EmptyPlace() is { FreeBytes: > 0, Problem: null });
        Directory.CreateDirectory(Root);
        Assert.True(Swap().EmptyPlace() is { FreeBytes: > 0, Problem: null });
        Make(Root, "old");
        Assert.Null(Swap().EmptyPlace());
        Assert.Contains("mount point", Swap("/proc").RefuseReplacing()!.Message, StringComparison.Ordinal);
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), Path.Combine(_folder, "nowhere"));
        Assert.Contains("leads nowhere", Swap(Path.Combine(_folder, "link")).EmptyPlace()!.Problem!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Leftovers_of_both_kinds_are_removed()
    {
        var swap = Swap();
        Make(swap.Side, "half");
        Make(swap.Side + "-removed", "quarter");
        Assert.Null(swap.RemoveSide());
        Assert.Empty(Names());
    }
}
