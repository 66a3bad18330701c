using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace PgHa.Agent.Leadership;

/// <summary>Who may write, as it stands in etcd: one key, replaced by compare-and-swap only.</summary>
public sealed record PrimaryRecord
{
    /// <summary>The longest record that is read, in bytes.</summary>
    public const int MostBytes = 4096;

    /// <summary>The node that may write.</summary>
    public required string Node { get; init; }

    /// <summary>How often the record has changed hands. It never goes back, and none is used twice.</summary>
    public required long Epoch { get; init; }

    /// <summary>The boot of the holder's machine: after another one none of its processes lives.</summary>
    public required string Boot { get; init; }

    /// <summary>The run of the holder's agent. Only that run knows when it sent what stands here.</summary>
    public required string Run { get; init; }

    /// <summary>The number of the renewal within the run. No two have the same.</summary>
    public required long Counter { get; init; }

    /// <summary>How long the record holds after its last renewal, in milliseconds.</summary>
    public required int DMilliseconds { get; init; }

    /// <summary>Since when the node holds it, by its own wall clock; for people only.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The highest timeline that is reserved: the holder may make it, or serves on it. No other node ever makes it, or a lower one.</summary>
    public required uint Timeline { get; init; }

    /// <summary>
    /// The highest timeline whose promotion may have begun: who reserved a later one has not got that far. 0 in records of an older version: each one that is reserved may have been made.
    /// </summary>
    public uint Made { get; init; }

    /// <summary>The highest timeline that anybody may have made.</summary>
    [JsonIgnore]
    public uint MayBeMade => Made == 0 ? Timeline : Made;

    /// <summary>
    /// The timeline on which a server accepted writes last, by the record. 0: not known, as in records of an older version, or because one is about to be started that is perhaps on another one.
    /// </summary>
    public uint Served { get; init; }

    /// <summary>The system identifier of the holder's database: a node of another one does not take part. Null in records of an older version.</summary>
    public string? System { get; init; }

    /// <summary>The holder gave it up: no process of its server is left, and its next start is one in recovery. It is another node's at once.</summary>
    public bool Released { get; init; }

    /// <summary>
    /// The id of the etcd cluster in which an operator made the record again; null: it never was. It is handed on from turn to turn: by it a node that remembers another etcd, or later
    /// revisions, knows that this one counts now.
    /// </summary>
    public ulong? MadeAnewIn { get; init; }

    /// <summary>
    /// Its commits wait for a quorum, and it writes no sync record of a turn that is over: who has the pledges of enough voters may take this one before it has run out. Records of an
    /// older version say no.
    /// </summary>
    public bool Revocable { get; init; }

    /// <summary>Its holder ended it for manual mode: it does not run out, and nobody takes it. It holds for no time, so that a version that does not know this cannot use it.</summary>
    public bool Manual { get; init; }

    /// <summary>An operator has gone back to automatic mode since: the primary takes it, once all agents run in automatic mode.</summary>
    public bool Returns { get; init; }

    /// <summary>How long the record holds after its last renewal.</summary>
    [JsonIgnore]
    public TimeSpan D => TimeSpan.FromMilliseconds(DMilliseconds);

    /// <summary>The same node holds it in the same turn.</summary>
    public bool IsHeldAs(PrimaryRecord other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (Node, Epoch, Boot) == (other.Node, other.Epoch, other.Boot);
    }

    /// <summary>As it is written to etcd.</summary>
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Default.PrimaryRecord);

    /// <summary>The same as text.</summary>
    [JsonIgnore]
    public string Text => JsonSerializer.Serialize(this, RecordJson.Default.PrimaryRecord);

    /// <summary>What was written, or null where it is not a record that can hold. Fields that a later version adds are passed over.</summary>
    public static PrimaryRecord? Read(ReadOnlySpan<byte> written)
    {
        try
        {
            return written.Length <= MostBytes && Utf8.IsValid(written) && JsonSerializer.Deserialize(written, RecordJson.Default.PrimaryRecord) is { } record && record.CanHold ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [JsonIgnore]
    private bool CanHold => Node.Length > 0 && Boot.Length > 0 && Run.Length > 0 && Epoch > 0 && Counter > 0 && (DMilliseconds > 0 || Manual) && Timeline > 0;
}

/// <summary>What stands in etcd, serialized without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PrimaryRecord))]
[JsonSerializable(typeof(RecordMemory))]
[JsonSerializable(typeof(SyncRecord))]
[JsonSerializable(typeof(Pledge))]
[JsonSerializable(typeof(Promise))]
internal sealed partial class RecordJson : JsonSerializerContext;
