namespace PgHa.Status;

/// <summary>Something that a person has to look at.</summary>
/// <param name="What">What is the matter, in a line.</param>
/// <param name="Do">What to do about it.</param>
internal sealed record Attention(string What, string Do)
{
    /// <summary>Data are in danger, or nobody can write.</summary>
    internal bool IsGrave { get; init; }
}
