namespace PgHa.Terminal;

/// <summary>What was typed, as it can be shown again: bounded, and without characters that would do something to a terminal.</summary>
internal static class Shown
{
    private const int Longest = 100;

    /// <summary>The text.</summary>
    internal static string Of(string text) => new([.. text.Take(Longest).Select(c => char.IsControl(c) ? '?' : c)]);
}
