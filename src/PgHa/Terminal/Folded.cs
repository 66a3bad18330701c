namespace PgHa.Terminal;

/// <summary>Sentences folded at the width of the screen.</summary>
internal static class Folded
{
    /// <summary>The lines of a text behind a first word; what follows the first line is indented like its text.</summary>
    internal static IEnumerable<string> Lines(string first, string text, Screen screen)
    {
        var line = first;
        var empty = true;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!empty && line.Length + 1 + word.Length > screen.Width)
            {
                yield return line;
                (line, empty) = (new string(' ', first.Length), true);
            }
            line += empty ? word : " " + word;
            empty = false;
        }
        yield return line.TrimEnd();
    }
}
