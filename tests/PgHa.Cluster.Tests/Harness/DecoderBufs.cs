namespace PgHa.Cluster.Tests.Harness;

/// <summary>The messages of decoderbufs (protobuf), as far as a test needs them.</summary>
internal static class DecoderBufs
{
    private const int Operation = 4, NewTuple = 5, Int64Datum = 4;

    /// <summary>The first 64-bit column of an inserted row; null for any other message.</summary>
    public static long? FirstNumber(ReadOnlySpan<byte> message)
    {
        long? number = null;
        var insert = true;
        while (message.Length > 0)
        {
            var field = Next(ref message);
            if (field.Number == Operation) insert = field.Value == 0;
            if (field.Number == NewTuple) number ??= Datum(field.Bytes);
        }
        return insert ? number : null;
    }

    private static long? Datum(ReadOnlySpan<byte> column)
    {
        long? number = null;
        while (column.Length > 0)
        {
            var field = Next(ref column);
            if (field.Number == Int64Datum) number = (long)field.Value;
        }
        return number;
    }

    private static Field Next(ref ReadOnlySpan<byte> at)
    {
        var key = VarInt(ref at);
        var field = (int)(key >> 3);
        switch (key & 7)
        {
            case 0: return new(field, VarInt(ref at), []);
            case 1: at = at[8..]; return new(field, 0, []);
            case 5: at = at[4..]; return new(field, 0, []);
            default:
                var length = (int)VarInt(ref at);
                var bytes = at[..length];
                at = at[length..];
                return new(field, 0, bytes);
        }
    }

    private static ulong VarInt(ref ReadOnlySpan<byte> at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = at[0];
            at = at[1..];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }

    private readonly ref struct Field(int number, ulong value, ReadOnlySpan<byte> bytes)
    {
        public readonly int Number = number;
        public readonly ulong Value = value;
        public readonly ReadOnlySpan<byte> Bytes = bytes;
    }
}
