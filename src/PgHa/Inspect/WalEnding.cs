using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Inspect;

/// <summary>Where the reading of a stream ended.</summary>
/// <param name="At">The position behind the last record.</param>
/// <param name="Reason">Why, in one word.</param>
/// <param name="Detail">What was found there; null if the reading was not to go on.</param>
/// <param name="Hint">What to do where something is wrong; null at an end as it should be.</param>
internal sealed record WalEnding(Lsn At, string Reason, FormatError? Detail, string? Hint = null)
{
    private const string Damage = "damage, a write torn by a crash, or older WAL behind the true end: compare with another copy of the file";

    /// <summary>Nothing of what was asked for is there.</summary>
    internal static WalEnding Elsewhere(WalStream stream) => new(stream.Start, "elsewhere",
        new FormatError(stream.Name, 0, "WAL between --from and --to", $"{stream.Start} to {stream.End}"), "name the segments with these positions");

    /// <summary>The end of what was asked for.</summary>
    internal static WalEnding AsAsked(Lsn at, string option) => new(at, option, null);

    /// <summary>A record whose checksum is right, but not its parts.</summary>
    internal static WalEnding Unreadable(Lsn at, FormatError error, WalStream stream) => new(at, "bad_record",
        error with { File = stream.FileOf(at), Offset = (long)(at.Value % stream.SegmentSize) + error.Offset },
        "its checksum is right: it comes from a version or an extension that is not known");

    /// <summary>What the reader met.</summary>
    internal static WalEnding Of(WalReader reader, WalStream stream, Lsn from)
    {
        var (seen, error) = (reader.EndSeenAt, reader.EndError!);
        var detail = stream.Problem ?? error with { File = stream.FileOf(seen), Offset = (long)(seen.Value % stream.SegmentSize) };
        var at = reader.Current.Lsn.IsValid ? reader.Current.End : from;
        return new(at, WordOf(reader.EndReason), detail, stream.Problem is null ? HintOf(reader.EndReason, seen, stream) : "look at the file and the disk");
    }

    /// <summary>Says it, or reports what is wrong.</summary>
    internal void Show(Report report)
    {
        if (report.IsJson)
            report.Json(json =>
            {
                json.WriteStartObject("end");
                json.WriteString("lsn", At.ToString());
                json.WriteString("reason", Reason);
                if (Detail is { } detail)
                {
                    json.WriteString("file", detail.File);
                    json.WriteNumber("offset", detail.Offset);
                    json.WriteString("expected", detail.Expected);
                    json.WriteString("found", detail.Found);
                }
                json.WriteEndObject();
            });
        else
            report.Line(Detail is null ? $"Stopped at {At}: {Reason}." : $"The WAL ends at {At} ({Reason}): {Detail}.");
        if (Hint is not null)
            report.Fail(Detail!, Hint);
    }

    // The end of WAL is zeros, an older page of a recycled segment, or the end of what is there. A file that is cut, or right
    // pages behind the end, are not as they should be.
    private static string? HintOf(EndReason reason, Lsn seen, WalStream stream) => reason switch
    {
        EndReason.MissingSegment when stream.Holds(seen) && seen.Value % stream.SegmentSize != 0 => "the file is cut off",
        EndReason.MissingSegment => stream.GoesOnBehind(seen) ? "bring the missing segment, or read on behind the gap with --from" : null,
        EndReason.ZeroLength or EndReason.BadPage or EndReason.BadPrevLink or EndReason.BadContinuation when !RightPagesFollow(stream, seen) => null,
        _ => Damage,
    };

    private static bool RightPagesFollow(WalStream stream, Lsn seen)
    {
        const ulong page = PageImage.PageSize;
        Span<byte> bytes = stackalloc byte[WalPageHeader.ShortSize];
        var end = (seen.Value / stream.SegmentSize + 1) * stream.SegmentSize;
        for (var at = new Lsn((seen.Value / page + 1) * page); at.Value <= end; at += page)
            if (stream.Read(at, bytes) == bytes.Length && WalPageHeader.Read(bytes) is { Major: > 0 } header && header.Address == at)
                return true;
        return false;
    }

    private static string WordOf(EndReason reason) => reason switch
    {
        EndReason.ZeroLength => "zero_length",
        EndReason.BadLength => "bad_length",
        EndReason.BadCrc => "bad_crc",
        EndReason.BadPrevLink => "bad_prev_link",
        EndReason.BadResourceManager => "bad_resource_manager",
        EndReason.BadPage => "bad_page",
        EndReason.BadContinuation => "bad_continuation",
        EndReason.BadStart => "bad_start",
        _ => "missing_segment",
    };
}
