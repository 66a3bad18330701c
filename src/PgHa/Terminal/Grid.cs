namespace PgHa.Terminal;

/// <summary>A column of a table.</summary>
/// <param name="Header">Its heading.</param>
/// <param name="Right">Its cells stand to the right: numbers.</param>
/// <param name="Rank">Where the terminal is too narrow, columns of the highest rank are left out first; those of rank 0 never are.</param>
internal sealed record Column(string Header, bool Right = false, int Rank = 0);

/// <summary>A cell of a table.</summary>
internal readonly record struct Cell(string Text, Colour Colour = Colour.None)
{
    /// <summary>A cell without a colour.</summary>
    public static implicit operator Cell(string? text) => new(text ?? "");
}

/// <summary>A table of plain text: columns are as wide as their cells, and separated by two spaces. Columns without a cell are left out.</summary>
internal sealed class Grid(params Column[] columns)
{
    private const string Between = "  ";
    private readonly List<Cell[]> _rows = [];

    /// <summary>Adds a row with a cell for each column.</summary>
    internal void Add(params Cell[] cells) => _rows.Add(cells);

    /// <summary>Its lines, within the width of the screen.</summary>
    internal IEnumerable<string> Lines(Screen screen)
    {
        var shown = Enumerable.Range(0, columns.Length).Where(i => columns[i].Rank == 0 || _rows.Any(r => r[i].Text.Length > 0)).ToList();
        int Width(int i) => Math.Max(columns[i].Header.Length, _rows.Select(r => r[i].Text.Length).DefaultIfEmpty().Max());
        while (shown.Sum(i => Width(i) + Between.Length) - Between.Length > screen.Width && shown.Where(i => columns[i].Rank > 0).OrderByDescending(i => columns[i].Rank).ToArray() is [var least, ..])
            shown.Remove(least);
        return _rows.Prepend([.. columns.Select(c => new Cell(c.Header))]).Select(row => Cut(Line(row), screen)).Select(line => string.Concat(line.Select(part => screen.Paint(part.Text, part.Colour))).TrimEnd());

        IEnumerable<Cell> Line(Cell[] row)
        {
            foreach (var i in shown)
            {
                var padding = new string(' ', Width(i) - row[i].Text.Length);
                yield return columns[i].Right ? padding : "";
                yield return row[i];
                yield return (columns[i].Right ? "" : padding) + (i == shown[^1] ? "" : Between);
            }
        }
    }

    /// <summary>What is left when every column that can go has gone, and is still too wide.</summary>
    private static IEnumerable<Cell> Cut(IEnumerable<Cell> line, Screen screen)
    {
        var room = screen.Width;
        foreach (var part in line)
        {
            yield return part.Text.Length <= room ? part : part with { Text = part.Text[..room] };
            room = Math.Max(0, room - part.Text.Length);
        }
    }
}
