namespace PgHa.Terminal;

/// <summary>What is shown again and again: in a terminal each page in the place of the one before, elsewhere one below the other.</summary>
internal sealed class Pages : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l", Leave = "\e[?25h\e[?1049l", Home = "\e[H", ClearLine = "\e[K", ClearBelow = "\e[J";
    private readonly Screen _screen;
    private bool _first = true;

    /// <summary>In a terminal they have a page of their own, and what was there before comes back at the end.</summary>
    internal Pages(Screen screen)
    {
        _screen = screen;
        if (screen.IsTerminal)
            screen.Output.Write(Enter);
    }

    /// <summary>Shows a page; of one that is higher than the terminal its beginning.</summary>
    internal void Show(IReadOnlyList<string> lines)
    {
        if (_screen.IsTerminal)
            _screen.Output.Write(Home + string.Join('\n', lines.Take(Math.Max(1, _screen.Height - 1)).Select(line => line + ClearLine)) + ClearBelow);
        else
            _screen.Output.WriteLine((_first ? "" : "\n") + string.Join('\n', lines));
        _first = false;
    }

    /// <summary>Gives the terminal back.</summary>
    public void Dispose()
    {
        if (_screen.IsTerminal)
            _screen.Output.Write(Leave);
    }
}
