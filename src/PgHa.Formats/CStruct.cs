using System.Buffers.Binary;

namespace PgHa.Formats;

/// <summary>
/// Reads the members of a C struct one after the other, each aligned to its size as compilers do on 64-bit machines.
/// The caller has made sure that there are enough bytes.
/// </summary>
internal ref struct CStruct(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Where the next member begins at the earliest.</summary>
    public int Offset { get; private set; }

    public bool Bool() => Take(1)[0] != 0;

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public int Int32() => (int)UInt32();

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double Double() => BitConverter.UInt64BitsToDouble(UInt64());

    public Lsn Lsn() => new(UInt64());

    public TimelineId Timeline() => new(UInt32());

    /// <summary>A pg_time_t: seconds since 1970.</summary>
    public DateTimeOffset Time() => UnixTime.FromSeconds((long)UInt64());

    public ReadOnlySpan<byte> Bytes(int count)
    {
        var taken = _bytes.Slice(Offset, count);
        Offset += count;
        return taken;
    }

    /// <summary>A nested struct begins, or ends, at the alignment of its widest member.</summary>
    public void Align(int size) => Offset = (Offset + size - 1) & -size;

    private ReadOnlySpan<byte> Take(int size)
    {
        Align(size);
        return Bytes(size);
    }
}
