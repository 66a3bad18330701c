using System.Text.Json;
using System.Text.Json.Serialization;

namespace PgHa.Agent.Leadership;

/// <summary>
/// Where every acknowledged write is, as it stands in etcd beside the record (<c>sync</c>): on the holder, and on so many of the voters, whatever setting a WAL sender
/// may still use. Who is to take the holder's place must see one node of each set that can have acknowledged.
/// </summary>
public sealed record SyncRecord
{
    /// <summary>The longest record that is read, in bytes.</summary>
    public const int MostBytes = 4096;

    /// <summary>The epoch of the record under which it was written last.</summary>
    public required long Epoch { get; init; }

    /// <summary>The primary. It holds everything.</summary>
    public required string Holder { get; init; }

    /// <summary>The voters, and how many of them have what the holder acknowledged in its turn.</summary>
    public required SyncSet Set { get; init; }

    /// <summary>
    /// It was given up: nothing is known of where acknowledged writes are. A person answered for what could not be seen, or sync is off.
    /// </summary>
    public bool GivenUp { get; init; }

    /// <summary>The first one of a primary that serves already: only it itself is known to have everything.</summary>
    public static SyncRecord First(string node, long epoch) => new() { Epoch = epoch, Holder = node, Set = SyncSet.None };

    /// <summary>
    /// A new turn, written before the holder accepts writes, and with everything that was acknowledged. Its commits wait for one of the others from the first moment on. If it is
    /// lost before, all others together have what was acknowledged earlier: that was on two nodes at least.
    /// </summary>
    /// <param name="before">What stands; null: nothing.</param>
    /// <param name="node">The new holder.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="others">All other nodes.</param>
    public static SyncRecord Begin(SyncRecord? before, string node, long epoch, IEnumerable<string> others) =>
        before is { GivenUp: false } && before.Holder == node ? before with { Epoch = epoch } : new() { Epoch = epoch, Holder = node, Set = new(others, 1) };

    /// <summary>One of these nodes has every write that was acknowledged.</summary>
    public bool IsProvenBy(IReadOnlyCollection<string> seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return GivenUp || seen.Contains(Holder) || Set.IsMetBy(seen);
    }

    /// <summary>The same where what a standby holds does not count any more, because its data are about to be rewound or replaced.</summary>
    public SyncRecord Without(string standby) => this with { Set = Set.Without(standby) };

    /// <summary>As it is written to etcd.</summary>
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Default.SyncRecord);

    /// <summary>What was written, or null where it is not understood. Fields that a later version adds are passed over.</summary>
    public static SyncRecord? Read(ReadOnlySpan<byte> written)
    {
        try
        {
            return written.Length <= MostBytes && JsonSerializer.Deserialize(written, RecordJson.Default.SyncRecord) is { } record && record.IsSound ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [JsonIgnore]
    private bool IsSound => Epoch > 0 && Holder.Length > 0 && Set.Needed >= 0 && Set.Needed <= Set.Voters.Length && Set.Voters.All(v => v is { Length: > 0 });
}
