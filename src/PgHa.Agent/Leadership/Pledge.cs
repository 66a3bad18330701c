using System.Text.Json;
using System.Text.Json.Serialization;

namespace PgHa.Agent.Leadership;

/// <summary>
/// A voter's word, as it stands in etcd (<c>pledge/NODE</c>): it receives nothing from the primary any more, and connects to it again only after it has taken the pledge back. So that primary
/// gets no acknowledgement from it beyond what stands here.
/// </summary>
public sealed record Pledge
{
    /// <summary>The longest pledge that is read, in bytes.</summary>
    public const int MostBytes = 4096;

    /// <summary>The voter.</summary>
    public required string Node { get; init; }

    /// <summary>The epoch that may be taken by it: the one after that of the primary.</summary>
    public required long Epoch { get; init; }

    /// <summary>The timeline of its WAL.</summary>
    public required uint Timeline { get; init; }

    /// <summary>The end of its flushed WAL, read after its WAL receiver had ended.</summary>
    public required ulong End { get; init; }

    /// <summary>It was taken back. The key stays: a write of the pledge that comes late then finds another revision than it compares with.</summary>
    public bool Withdrawn { get; init; }

    /// <summary>As it is written to etcd.</summary>
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Default.Pledge);

    /// <summary>What was written, or null where it is not understood. Fields that a later version adds are passed over.</summary>
    public static Pledge? Read(ReadOnlySpan<byte> written)
    {
        try
        {
            return written.Length <= MostBytes && JsonSerializer.Deserialize(written, RecordJson.Default.Pledge) is { } pledge && pledge.IsSound ? pledge : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [JsonIgnore]
    private bool IsSound => Node.Length > 0 && Epoch > 0 && Timeline > 0;
}

/// <summary>A pledge, and the revision that wrote it.</summary>
/// <param name="Pledge">The pledge.</param>
/// <param name="Revision">Its revision.</param>
public sealed record PledgeSeen(Pledge Pledge, long Revision);
