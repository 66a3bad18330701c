using PgHa.Agent.Leadership;

namespace PgHa.Agent.Tests.Leadership;

[Trait("Category", "Fast")]
public sealed class RecordMemoryTests : IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("pgha-memory").FullName, "record.json");

    private static PrimaryRecord Record(long epoch, uint timeline) =>
        new() { Node = "n1", Epoch = epoch, Boot = "b", Run = "r", Counter = 1, DMilliseconds = 6000, Since = DateTimeOffset.UnixEpoch, Timeline = timeline };

    [Fact]
    public void The_highest_reserved_timeline_is_kept()
    {
        var memory = RecordMemory.None.After(new RecordAnswer.Stands(Record(1, 4), 10), 1).After(new RecordAnswer.Stands(Record(2, 3), 11), 1);
        Assert.Equal(new(1, 2, 11, 4), memory);
        new RecordMemoryFile(_file).Write(memory);
        Assert.Equal(memory, new RecordMemoryFile(_file).Read());
    }

    [Fact]
    public void A_file_of_an_older_version_is_read()
    {
        File.WriteAllText(_file, """{"etcd":1,"epoch":2,"revision":11}""");
        Assert.Equal(new(1, 2, 11, 0), new RecordMemoryFile(_file).Read());
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);
}
