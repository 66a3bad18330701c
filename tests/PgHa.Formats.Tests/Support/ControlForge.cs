namespace PgHa.Formats.Tests.Support;

/// <summary>A control file of PostgreSQL 15 that no server wrote.</summary>
internal static class ControlForge
{
    /// <summary>The bytes that are in use; the rest of the file means nothing.</summary>
    public const int UsedLength = 292;

    public static byte[] Bytes()
    {
        var bytes = new byte[8192];
        BitConverter.TryWriteBytes(bytes.AsSpan(8), 1300);
        BitConverter.TryWriteBytes(bytes.AsSpan(16), 1);
        BitConverter.TryWriteBytes(bytes.AsSpan(172), 1);
        BitConverter.TryWriteBytes(bytes.AsSpan(228), 1u << 24);
        BitConverter.TryWriteBytes(bytes.AsSpan(288), Crc32C.Compute(bytes.AsSpan(0, 288)));
        return bytes;
    }
}
