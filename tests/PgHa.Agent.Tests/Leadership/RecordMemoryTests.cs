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

    /// <summary>A call to the old etcd may be answered after one to the new one.</summary>
    [Fact]
    public void A_late_answer_does_not_bring_an_etcd_back_that_is_no_more()
    {
        var memory = new RecordMemory(2, 6, 3, 4);
        Assert.Equal(memory, memory.After(new RecordAnswer.Stands(Record(5, 4), 1000), 1));
        Assert.Equal(memory, memory.After(new RecordAnswer.Absent(), 1));
    }

    [Fact]
    public void A_file_of_an_older_version_is_read()
    {
        File.WriteAllText(_file, """{"etcd":1,"epoch":2,"revision":11}""");
        Assert.Equal(new(1, 2, 11, 0), new RecordMemoryFile(_file).Read());
    }

    [Fact]
    public void A_record_that_was_made_anew_counts_in_the_etcd_that_it_names_and_only_with_an_epoch_that_was_not_seen()
    {
        var before = new RecordMemory(1, 5, 1000, 4);
        var anew = Record(6, 4) with { MadeAnewIn = 2 };
        var stands = new RecordAnswer.Stands(anew, 3);
        Assert.Equal(stands, before.Weigh(stands, 2));
        Assert.Equal(new(2, 6, 3, 4), before.After(stands, 2));
        Assert.Equal(stands, before.After(stands, 2).Weigh(stands, 2));

        Assert.IsType<RecordAnswer.Unreadable>(before.Weigh(stands, 7)); // that etcd was restored, or made anew, in its turn
        Assert.IsType<RecordAnswer.Unreadable>(before.Weigh(new RecordAnswer.Stands(anew with { Epoch = 5 }, 3), 2));
        Assert.IsType<RecordAnswer.Unreadable>(before.Weigh(new RecordAnswer.Stands(anew with { MadeAnewIn = null }, 3), 2));
        Assert.IsType<RecordAnswer.Unreadable>(before.After(stands, 2).Weigh(new RecordAnswer.Absent(), 2)); // emptied once more
    }

    [Fact]
    public void Made_anew_in_an_etcd_with_the_same_id_whose_revisions_begin_again_it_counts_too()
    {
        var before = new RecordMemory(1, 5, 1000, 4);
        var stands = new RecordAnswer.Stands(Record(6, 4) with { MadeAnewIn = 1 }, 3);
        Assert.Equal(stands, before.Weigh(stands, 1));
        Assert.Equal(new(1, 6, 3, 4), before.After(stands, 1));
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);
}
