using System.Globalization;

namespace PgHa.Agent.Guard;

/// <summary>
/// What an agent and its guard say to each other, a line each. The agent: <c>until NUMBER TICKS</c>, the machine's clock since boot in ticks of 100 ns,
/// <c>rest NUMBER</c>, or <c>ask NUMBER</c>. The guard answers with
/// <c>until</c> or <c>rest</c> as is in force then, or with <c>fenced NUMBER</c>.
/// </summary>
/// <param name="Word">What is said.</param>
/// <param name="Number">Which line of the agent it is, or answers.</param>
/// <param name="Until">The deadline; only with <c>until</c>.</param>
internal sealed record GuardWire(GuardWord Word, long Number, TimeSpan Until)
{
    internal const int Longest = 64;

    internal string Line => Word == GuardWord.Until
        ? string.Create(CultureInfo.InvariantCulture, $"until {Number} {Until.Ticks}")
        : string.Create(CultureInfo.InvariantCulture, $"{(Word switch { GuardWord.Rest => "rest", GuardWord.Ask => "ask", _ => "fenced" })} {Number}");

    /// <summary>What a line says; null if it is not understood.</summary>
    internal static GuardWire? Read(string line) => line.Split(' ') switch
    {
        ["until", var number, var ticks] when IsNumber(number, out var n) && IsNumber(ticks, out var until) => new(GuardWord.Until, n, TimeSpan.FromTicks(until)),
        ["rest", var number] when IsNumber(number, out var n) => new(GuardWord.Rest, n, default),
        ["ask", var number] when IsNumber(number, out var n) => new(GuardWord.Ask, n, default),
        ["fenced", var number] when IsNumber(number, out var n) => new(GuardWord.Fenced, n, default),
        _ => null,
    };

    private static bool IsNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

/// <summary>What is said.</summary>
internal enum GuardWord
{
    /// <summary>The server may write until then.</summary>
    Until,

    /// <summary>No server here may write, and none does: there is nothing to guard.</summary>
    Rest,

    /// <summary>What is in force? Changes nothing.</summary>
    Ask,

    /// <summary>The deadline has passed, and the server was stopped.</summary>
    Fenced,
}
