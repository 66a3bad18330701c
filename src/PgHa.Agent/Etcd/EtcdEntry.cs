using System.Text;
using System.Text.Unicode;
using PgHa.Agent.Leadership;

namespace PgHa.Agent.Etcd;

/// <summary>A key and its value, as they stand in etcd.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">Its value.</param>
/// <param name="Revision">The revision that wrote it last (etcd's <c>mod_revision</c>): no other write of any key has it.</param>
public sealed record EtcdEntry(string Key, ReadOnlyMemory<byte> Value, long Revision)
{
    /// <summary>The value as text.</summary>
    public string Text => Encoding.UTF8.GetString(Value.Span);

    /// <summary>What a swap of it replaces; where the key does not exist, that. Bytes that are no text are compared by their revision.</summary>
    public static Standing Standing(EtcdEntry? entry) => entry is null ? default : new(entry.Revision, Utf8.IsValid(entry.Value.Span) ? entry.Text : null);
}

/// <summary>What stood in etcd at one revision, read through its leader.</summary>
/// <param name="Revision">The revision.</param>
/// <param name="Entries">The keys that were asked for and exist, in order.</param>
public sealed record EtcdRange(long Revision, IReadOnlyList<EtcdEntry> Entries)
{
    /// <summary>Which etcd said so: one that was restored from a backup, or made anew, has another id.</summary>
    public ulong Cluster { get; init; }

    /// <summary>That of one key; null: there is none.</summary>
    public EtcdEntry? Of(string key) => Entries.FirstOrDefault(e => e.Key == key);
}
