using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PgHa.Agent.Security;

/// <summary>A token of one person or program, as a line of <c>security.tokens_file</c>: its name, its role, and only the hash of it.</summary>
/// <param name="Name">Whose it is.</param>
/// <param name="Role">What it may be used for.</param>
/// <param name="Hash">The SHA-256 of the token, 64 hexadecimal digits in small letters.</param>
/// <param name="Until">The last day on which it counts, in UTC; null: it does not end.</param>
public sealed record NamedToken(string Name, AccessRole Role, string Hash, DateOnly? Until)
{
    private const string Day = "yyyy-MM-dd";
    private const int LongestName = 64;

    /// <summary>As it stands in the file.</summary>
    public string Line => $"{Name} {Role.ToString().ToLowerInvariant()} {Hash}{(Until is { } until ? " " + until.ToString(Day, CultureInfo.InvariantCulture) : "")}";

    /// <summary>A new token and the line for it. The token is not kept anywhere.</summary>
    /// <param name="name">Whose it is.</param>
    /// <param name="role">What it may be used for.</param>
    /// <param name="until">The last day on which it counts.</param>
    public static (string Token, NamedToken Kept) Make(string name, AccessRole role, DateOnly? until)
    {
        var token = New();
        return (token, new(name, role, HashOf(token), until));
    }

    /// <summary>One that nobody has.</summary>
    internal static string New() => "pgha_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>What is kept of a token. It is 256 random bits, so that no salt and no slow hash is needed.</summary>
    public static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>Whether it may be a name. Those of the agents' token and the machine's are none: the audit log tells them apart by it.</summary>
    public static bool IsName(string name) =>
        name is { Length: > 0 and <= LongestName } && name != Caller.Agents.Name && name != Caller.Local.Name && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@');

    /// <summary>All tokens of a file, or what is wrong with it.</summary>
    /// <param name="text">Its content: a token in each line; empty lines and those that begin with # do not count.</param>
    public static (IReadOnlyList<NamedToken> Tokens, string? Problem) Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokens = new List<NamedToken>();
        foreach (var (index, line) in text.Split('\n').Index())
        {
            var parts = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (parts is [] || parts[0].StartsWith('#'))
                continue;
            if (Read(parts) is not { } token)
                return ([], $"line {index + 1} is not NAME ROLE HASH [LAST-DAY]");
            if (tokens.Any(t => t.Name == token.Name || t.Hash == token.Hash))
                return ([], $"line {index + 1}: {token.Name}, or its hash, is there twice");
            tokens.Add(token);
        }
        return (tokens, null);
    }

    private static NamedToken? Read(string[] parts)
    {
        if (parts is not [var name, var word, var hash, ..] || parts.Length > 4 || !IsName(name) || !AccessRules.Words.TryGetValue(word, out var role)
            || hash.Length != 64 || !hash.All(char.IsAsciiHexDigitLower))
            return null;
        DateOnly? until = null;
        if (parts.Length == 4)
        {
            if (!DateOnly.TryParseExact(parts[3], Day, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
                return null;
            until = day;
        }
        return new(name, role, hash, until);
    }
}

/// <summary>
/// The tokens that count now. The file is looked at with each call, so that a token that was added or taken away counts at once. A file that cannot be used changes nothing, and is complained of.
/// </summary>
/// <param name="version">What changes when the file does; null: it cannot be looked at.</param>
/// <param name="read">Reads it: its tokens, or why not.</param>
/// <param name="complain">Is told once of each version of the file that cannot be used.</param>
/// <param name="time">The clock.</param>
public sealed class NamedTokens(Func<object?> version, Func<(IReadOnlyList<NamedToken> Tokens, string? Problem)> read, Action<string> complain, TimeProvider time)
{
    private readonly Lock _gate = new();
    private object? _seen;
    private bool _first = true;
    private IReadOnlyList<NamedToken> _tokens = [];

    /// <summary>Whose token it is; null: nobody's. A token whose last day is over is told apart, so that its owner learns why.</summary>
    /// <param name="given">The token as it was presented.</param>
    public (Caller? Caller, DateOnly? Ended) Find(string given)
    {
        ArgumentNullException.ThrowIfNull(given);
        var hash = Encoding.ASCII.GetBytes(NamedToken.HashOf(given));
        NamedToken? found = null;
        foreach (var token in Current())
            if (CryptographicOperations.FixedTimeEquals(hash, Encoding.ASCII.GetBytes(token.Hash)))
                found = token; // no early end: how long it takes says nothing
        return found is null ? (null, null)
            : found.Until < DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime) ? (null, found.Until)
            : (new(found.Name, found.Role), null);
    }

    private IReadOnlyList<NamedToken> Current()
    {
        lock (_gate)
        {
            var now = version();
            if (!_first && Equals(now, _seen))
                return _tokens;
            (_seen, _first) = (now, false);
            var (tokens, problem) = read();
            if (problem is null)
                _tokens = tokens;
            else
                complain(problem);
            return _tokens;
        }
    }
}
