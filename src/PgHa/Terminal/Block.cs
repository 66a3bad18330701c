namespace PgHa.Terminal;

/// <summary>Lines that change while they are looked at: in a terminal they are drawn over what they were, elsewhere only what is new and final is written.</summary>
internal sealed class Block(Screen screen)
{
    private const string ClearLine = "\e[K", ClearBelow = "\e[J";
    private int _drawn;
    private int _written;

    /// <summary>Shows the lines.</summary>
    /// <param name="lines">All of them, each no longer than the screen is wide.</param>
    /// <param name="final">How many of the first ones will not change any more.</param>
    internal void Show(IReadOnlyList<string> lines, int final)
    {
        if (screen.IsTerminal && lines.Count < screen.Height)
        {
            var back = _drawn == 0 ? "" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"\e[{_drawn}A");
            screen.Output.Write($"\r{back}{string.Concat(lines.Select(line => line + ClearLine + "\n"))}{ClearBelow}");
            (_drawn, _written) = (lines.Count, final);
            return;
        }
        for (; _written < final; _written++)
            screen.Line(lines[_written]);
        screen.Output.Flush();
    }
}
