namespace PgHa.Formats.Wal;

/// <summary>Why no further record can be read.</summary>
public enum EndReason
{
    /// <summary>The end has not been reached.</summary>
    None,

    /// <summary>Zeros where a record or a page should begin: nothing was written here yet. The usual end.</summary>
    ZeroLength,

    /// <summary>A length that no record has.</summary>
    BadLength,

    /// <summary>The record's checksum is wrong: bytes of an older file, or a torn write.</summary>
    BadCrc,

    /// <summary>The record does not follow the one before: it is from an older run.</summary>
    BadPrevLink,

    /// <summary>A resource manager number that does not exist.</summary>
    BadResourceManager,

    /// <summary>A page whose header is not right for this position: a recycled segment, another cluster, damage.</summary>
    BadPage,

    /// <summary>A record begins, but the next page does not carry it on.</summary>
    BadContinuation,

    /// <summary>No record can begin at the position to start from.</summary>
    BadStart,

    /// <summary>The WAL that should follow is not there.</summary>
    MissingSegment,
}
