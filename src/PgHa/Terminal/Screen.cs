using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PgHa.Client.Operations;

namespace PgHa.Terminal;

/// <summary>Where a command writes. In a terminal it may colour and draw over what it wrote; elsewhere it writes plain lines.</summary>
/// <param name="Output">For what was asked for.</param>
/// <param name="Error">For what is wrong.</param>
internal sealed record Screen(TextWriter Output, TextWriter Error)
{
    private const int Unbounded = int.MaxValue;

    /// <summary>People look at it, and lines can be drawn over.</summary>
    internal bool IsTerminal { get; init; }

    /// <summary>A person can be asked.</summary>
    internal bool CanAsk { get; init; }

    /// <summary>Colours are wanted.</summary>
    internal bool HasColours { get; init; }

    /// <summary>Programs shall read it.</summary>
    internal bool IsJson { get; init; }

    /// <summary>How many characters a line has room for.</summary>
    internal int Width => IsTerminal && Console.WindowWidth is > 0 and var width ? width : Unbounded;

    /// <summary>How many lines there are.</summary>
    internal int Height => IsTerminal && Console.WindowHeight is > 0 and var height ? height : Unbounded;

    /// <summary>That of a command.</summary>
    internal static Screen Of(InvocationConfiguration invocation, bool json)
    {
        var terminal = ReferenceEquals(invocation.Output, Console.Out) && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        return new(invocation.Output, invocation.Error)
        {
            IsTerminal = terminal && !json,
            CanAsk = !Console.IsInputRedirected && !json,
            HasColours = terminal && !json && Environment.GetEnvironmentVariable("NO_COLOR") is null or "",
            IsJson = json,
        };
    }

    /// <summary>A line for people.</summary>
    internal void Line(string text = "") => Output.WriteLine(text);

    /// <summary>One JSON document on a line.</summary>
    internal void Json<T>(T value, JsonTypeInfo<T> type) => Output.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>Says why not, and what helps; the exit code that belongs to it.</summary>
    internal int Refuse(Refusal refusal)
    {
        if (IsJson)
            Json(refusal, Client.WireJson.Default.Refusal);
        else
        {
            Error.WriteLine($"error: {CommandWords.In(refusal.Message)}{(refusal.Code == Code.Invalid ? "" : $" (code {(int)refusal.Code})")}");
            Error.WriteLine($"  hint: {CommandWords.In(refusal.Hint)}");
        }
        return Exit.Of(refusal);
    }

    /// <summary>The text in a colour, if there are any.</summary>
    internal string Paint(string text, Colour colour) => HasColours && colour != Colour.None && text.Length > 0 ? $"\e[{(int)colour}m{text}\e[0m" : text;
}

/// <summary>What is stressed, by the number that a terminal knows it by.</summary>
internal enum Colour
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The primary, and headings.</summary>
    Bold = 1,

    /// <summary>Something is wrong.</summary>
    Red = 31,

    /// <summary>All is well.</summary>
    Green = 32,

    /// <summary>Somebody should look.</summary>
    Yellow = 33,
}
