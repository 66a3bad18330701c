using System.Buffers;
using System.Globalization;

namespace PgHa.Formats;

/// <summary>Hexadecimal numbers as PostgreSQL writes them into names and positions.</summary>
internal static class Hex
{
    private static readonly SearchValues<char> UpperDigits = SearchValues.Create("0123456789ABCDEF");

    /// <summary>One to eight digits of either case and nothing else: no sign, no space.</summary>
    public static bool TryParse(ReadOnlySpan<char> digits, out uint value)
    {
        value = 0;
        return digits.Length is >= 1 and <= 8
            && uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Exactly eight upper-case digits, the only form in file names.</summary>
    public static bool TryParseUpper8(ReadOnlySpan<char> digits, out uint value)
    {
        value = 0;
        return digits.Length == 8 && digits.IndexOfAnyExcept(UpperDigits) < 0 && TryParse(digits, out value);
    }
}
