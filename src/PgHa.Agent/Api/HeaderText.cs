using System.Text;

namespace PgHa.Agent.Api;

/// <summary>Words in a header of an answer, which holds printable ASCII only: PostgreSQL and the operating system speak other languages, too.</summary>
internal static class HeaderText
{
    /// <summary>A header that is too long makes clients refuse the whole answer; the operation has all of it.</summary>
    private const int Longest = 4096;

    /// <summary>What is not printable ASCII, and <c>%</c>, is percent-encoded as UTF-8.</summary>
    internal static string Of(IEnumerable<string> words)
    {
        var text = new StringBuilder();
        foreach (var rune in string.Join("; ", words).EnumerateRunes())
        {
            var piece = rune.Value is >= ' ' and <= '~' and not '%' ? rune.ToString() : Uri.EscapeDataString(rune.ToString());
            if (text.Length + piece.Length > Longest)
                return text.Append("...").ToString();
            text.Append(piece);
        }
        return text.ToString();
    }
}
