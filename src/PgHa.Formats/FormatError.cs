namespace PgHa.Formats;

/// <summary>Why bytes are not what they should be: damage, truncation or a version that is not known.</summary>
/// <param name="File">The file the bytes came from.</param>
/// <param name="Offset">Where in the file, in bytes from its beginning.</param>
/// <param name="Expected">What should stand there.</param>
/// <param name="Found">What stands there.</param>
public sealed record FormatError(string File, long Offset, string Expected, string Found)
{
    /// <summary>One sentence for people.</summary>
    public override string ToString() => $"{File}, offset {Offset}: expected {Expected}, found {Found}";
}
