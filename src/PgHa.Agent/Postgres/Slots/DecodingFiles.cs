using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using PgHa.Agent.Files;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>
/// The files below pg_logical. A snapshot (SnapBuildOnDisk, replication/snapbuild.c) lies at a restart_lsn: where transactions ran at that
/// moment, decoding can only begin there with it; without it, it waits for them to end and passes over what is committed meanwhile.
/// </summary>
internal sealed partial class DecodingFiles(DataDirectory data)
{
    private const string Snapshots = "snapshots", Mappings = "mappings";
    private const uint SnapshotMagic = 0x51A1E001;

    /// <summary>Snapshots from a position on, and all maps of rewritten catalogs. What the server removes meanwhile is not needed any more.</summary>
    internal IEnumerable<DecodingFile> From(Lsn from)
    {
        foreach (var path in Files(Snapshots).Where(p => PositionOf(Path.GetFileName(p)) >= from).Concat(Files(Mappings).Where(p => MappingName().IsMatch(Path.GetFileName(p)))))
            if (Read(path) is { } bytes)
                yield return new(Path.GetFileName(Path.GetDirectoryName(path))!, Path.GetFileName(path), bytes);
    }

    /// <summary>Why a file does not belong here, or null. The name comes from another node: only the two kinds of names lead anywhere.</summary>
    internal static string? Refuse(DecodingFile file) => file.Folder switch
    {
        Snapshots when PositionOf(file.Name) is not null => IsWhole(file.Content) ? null : $"pg_logical/snapshots/{file.Name} is damaged",
        Mappings when MappingName().IsMatch(file.Name) => null,
        _ => $"{file.Folder}/{file.Name} is no file of logical decoding",
    };

    /// <summary>Adds a file that is not there yet; only while the server is down.</summary>
    internal void Add(DecodingFile file)
    {
        var target = Path.Combine(data.Root, "pg_logical", file.Folder, file.Name);
        if (File.Exists(target))
            return;
        DurableFile.Replace(target, file.Content);
        File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static bool IsWhole(ReadOnlySpan<byte> bytes) => bytes.Length > 16
        && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == SnapshotMagic
        && BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == Crc32C.Compute(bytes[8..]);

    private string[] Files(string folder) => Directory.Exists(Path.Combine(data.Root, "pg_logical", folder)) ? Directory.GetFiles(Path.Combine(data.Root, "pg_logical", folder)) : [];

    private static byte[]? Read(string path)
    {
        try
        {
            return SmallFile.Bytes(path, SmallFile.Large);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static Lsn? PositionOf(string name) => SnapshotName().Match(name) is { Success: true } match
        ? new Lsn(ulong.Parse(match.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture) << 32
            | uint.Parse(match.Groups[2].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture))
        : null;

    [GeneratedRegex(@"\A([0-9A-F]{1,8})-([0-9A-F]{1,8})\.snap\z")]
    private static partial Regex SnapshotName();

    [GeneratedRegex(@"\Amap-[0-9a-f]{1,8}-[0-9a-f]{1,8}-[0-9A-F]{1,8}_[0-9A-F]{1,8}-[0-9a-f]{1,8}-[0-9a-f]{1,8}\z")]
    private static partial Regex MappingName();
}
