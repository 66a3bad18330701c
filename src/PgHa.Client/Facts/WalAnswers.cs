using System.Text.Json.Serialization;
using PgHa.Client.Operations;

namespace PgHa.Client.Facts;

/// <summary>A node's last record in the specification's words (<c>GET lsn/NODE</c>); or why it cannot say.</summary>
public sealed record NodeLsn
{
    /// <summary>Start of the last checkpoint record.</summary>
    [JsonPropertyName("chkPoint")]
    public string? CheckPoint { get; init; }

    /// <summary>Where replay from that checkpoint begins.</summary>
    [JsonPropertyName("chkRedoPoint")]
    public string? Redo { get; init; }

    /// <summary>The segment that holds the start of the last record.</summary>
    [JsonPropertyName("walFile")]
    public string? WalFile { get; init; }

    /// <summary>The timeline on which the WAL ends.</summary>
    [JsonPropertyName("timeLineID")]
    public string? Timeline { get; init; }

    /// <summary>Start of the last record.</summary>
    [JsonPropertyName("lastLsn")]
    public string? Start { get; init; }

    /// <summary>Where the next record begins.</summary>
    [JsonPropertyName("endLsn")]
    public string? End { get; init; }

    /// <summary>On a primary: end of the WAL flushed.</summary>
    [JsonPropertyName("flushLsn")]
    public string? Flush { get; init; }

    /// <summary>On a standby: end of the WAL received.</summary>
    [JsonPropertyName("receiveLsn")]
    public string? Receive { get; init; }

    /// <summary>On a standby: end of the WAL replayed.</summary>
    [JsonPropertyName("replayLsn")]
    public string? Replay { get; init; }

    /// <summary>Why it cannot say; null: it does.</summary>
    public Code? Code { get; init; }

    /// <summary>The same in words.</summary>
    [JsonPropertyName("msg")]
    public string? Message { get; init; }

    /// <summary>What helps.</summary>
    public string? Hint { get; init; }
}

/// <summary>Whether the called node's server is in recovery (<c>GET in_recovery</c>).</summary>
/// <param name="InRecovery"><c>t</c> or <c>f</c>, as psql shows it.</param>
public sealed record RecoveryWord(string InRecovery);

/// <summary>A WAL file was taken (<c>POST walFile/NAME</c>).</summary>
/// <param name="Code">0.</param>
/// <param name="Message">Where it lies.</param>
public sealed record WalUploaded(Code Code, [property: JsonPropertyName("msg")] string Message);

/// <summary>A file of pg_wal (<c>GET walFiles/NAME</c>).</summary>
/// <param name="File">Its name.</param>
/// <param name="Md5">Its digest, for comparison.</param>
public sealed record WalFileEntry(string File, string Md5);

/// <summary>Whether a record starts at a position (<c>GET validLsn/TIMELINE/HI/LO</c>).</summary>
public sealed record WalCheck
{
    /// <summary>The verdict.</summary>
    public required WalValidity Code { get; init; }

    /// <summary>The same in words.</summary>
    [JsonPropertyName("msg")]
    public required string Message { get; init; }

    /// <summary>How many records there are from it to the end of the timeline's WAL.</summary>
    [JsonPropertyName("cnt")]
    public required string Count { get; init; }
}
