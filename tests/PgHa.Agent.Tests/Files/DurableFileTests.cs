using PgHa.Agent.Files;

namespace PgHa.Agent.Tests.Files;

public sealed class DurableFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-files-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Place => Path.Combine(_folder, "file");

    [Fact]
    public void It_is_replaced_whole_and_keeps_who_may_read_it()
    {
        File.WriteAllText(Place, "old");
        File.SetUnixFileMode(Place, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        DurableFile.Replace(Place, "new"u8);
        Assert.Equal("new", File.ReadAllText(Place));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Place));
        Assert.Equal([Place], Directory.EnumerateFiles(_folder));
    }

    /// <summary>As on a disk that is full: the campaign found half a journal file that nobody would have removed.</summary>
    [Fact]
    public void What_cannot_be_written_leaves_nothing_beside_it()
    {
        var aside = Full();
        Assert.Throws<IOException>(() => DurableFile.Replace(Place, "new"u8));
        Assert.False(Path.Exists(aside));
        Full();
        Assert.Throws<IOException>(() => DurableFile.ReplaceUnsynced(Place, "new"));
        Assert.False(Path.Exists(aside));
        Full();
        Assert.Contains("No space left", DurableFile.Problem(Place, 10), StringComparison.Ordinal);
        Assert.False(Path.Exists(aside));
        Assert.False(Path.Exists(Place));
    }

    [Fact]
    public void What_cannot_be_renamed_leaves_nothing_beside_it()
    {
        Directory.CreateDirectory(Path.Combine(Place, "taken"));
        Assert.ThrowsAny<Exception>(() => DurableFile.Replace(Place, "new"u8));
        Assert.ThrowsAny<Exception>(() => DurableFile.ReplaceUnsynced(Place, "new"));
        Assert.Equal([Place], Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void A_place_that_can_be_written_has_no_problem_and_keeps_what_it_holds()
    {
        File.WriteAllText(Place, "old");
        Assert.Null(DurableFile.Problem(Place, 10));
        Assert.Equal("old", File.ReadAllText(Assert.Single(Directory.EnumerateFiles(_folder))));
    }

    /// <summary>The file that is written aside leads to a device that is always full.</summary>
    private string Full() => File.CreateSymbolicLink(Place + ".pgha-new", "/dev/full").FullName;
}
