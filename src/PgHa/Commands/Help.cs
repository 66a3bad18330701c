namespace PgHa.Commands;

/// <summary>What a command says of itself: what it does, and how it is typed.</summary>
internal static class Help
{
    /// <summary>The text.</summary>
    internal static string Of(string what, params string[] examples) => $"{what}\n\n{(examples.Length == 1 ? "Example" : "Examples")}:\n{string.Join('\n', examples.Select(e => "  " + e))}";
}
