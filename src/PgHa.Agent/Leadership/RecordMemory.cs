namespace PgHa.Agent.Leadership;

/// <summary>
/// What a node remembers of the record, durably: without it an etcd that was emptied, or restored from a backup, could give a turn that is over once more.
/// A restored etcd has another cluster id. One whose files were copied back has the same, and shows by an older epoch or revision. Pure.
/// </summary>
/// <param name="Etcd">The id of the etcd cluster; null: none was seen yet.</param>
/// <param name="Epoch">The highest epoch that was seen.</param>
/// <param name="Revision">The highest revision of the record that was seen.</param>
/// <param name="Timeline">The highest timeline that was seen reserved; 0: none, or the file is of an older version.</param>
public sealed record RecordMemory(ulong? Etcd, long Epoch, long Revision, uint Timeline = 0)
{
    /// <summary>The record that was seen last had been ended for manual mode: no node could have taken this one's place while its server was writable.</summary>
    public bool Manual { get; init; }

    /// <summary>Nothing was seen yet.</summary>
    public static RecordMemory None { get; } = new(null, 0, 0);

    /// <summary>What an answer is worth to a call that was sent with this memory: a linearizable answer is never older than what was seen before it was asked for.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="etcd">The id of the etcd cluster that gave it.</param>
    public RecordAnswer Weigh(RecordAnswer answer, ulong etcd) => answer switch
    {
        RecordAnswer.Outage => answer,
        RecordAnswer.Stands { Record: { MadeAnewIn: { } anew, Epoch: var epoch } } when anew == etcd && epoch > Epoch => answer, // an operator, and all nodes, have consented to it
        _ when Etcd is { } known && known != etcd => new RecordAnswer.Unreadable($"this etcd ({etcd:x}) is not the one of before ({known:x}): it was restored, or made anew"),
        RecordAnswer.Stands stands when stands.Record.Epoch < Epoch || stands.Revision < Revision =>
            new RecordAnswer.Unreadable($"epoch {stands.Record.Epoch} at revision {stands.Revision} stands in etcd, and epoch {Epoch} at {Revision} was seen before: it was restored from a backup"),
        RecordAnswer.Absent when Epoch > 0 => new RecordAnswer.Unreadable($"there is no record, and epoch {Epoch} was seen before: etcd was emptied"),
        _ => answer,
    };

    /// <summary>What is remembered after an answer that was weighed. Who has swapped remembers what it wrote, as <see cref="RecordAnswer.Stands"/>.</summary>
    public RecordMemory After(RecordAnswer weighed, ulong etcd) => weighed switch
    {
        RecordAnswer.Stands stands when stands.Record.Epoch > Epoch => new(etcd, stands.Record.Epoch, stands.Revision, Math.Max(Timeline, stands.Record.Timeline)) { Manual = stands.Record.Manual },
        RecordAnswer.Stands stands when stands.Record.Epoch < Epoch => this, // a late answer, maybe of an etcd that is no more
        RecordAnswer.Stands stands => new(etcd, Epoch, Math.Max(Revision, stands.Revision), Math.Max(Timeline, stands.Record.Timeline))
        {
            Manual = stands.Revision >= Revision ? stands.Record.Manual : Manual,
        },
        RecordAnswer.Absent when Epoch == 0 => this with { Etcd = etcd },
        _ => this,
    };
}
