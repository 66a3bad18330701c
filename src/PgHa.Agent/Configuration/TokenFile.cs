namespace PgHa.Agent.Configuration;

/// <summary>The file that <c>security.token_file</c> names.</summary>
public static class TokenFile
{
    /// <summary>Least number of characters of a token.</summary>
    public const int ShortestToken = 16;

    private const int Largest = 4096;
    private const UnixFileMode Allowed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    /// <summary>
    /// Reads the token. Refused are a file that others can read (mode beyond 0640)
    /// and a token that is short or not fit for a header.
    /// </summary>
    /// <param name="path">The file; white space around the token does not matter.</param>
    public static TokenResult Read(string path)
    {
        if (BoundedFile.Read(path, Largest, out var text, Allowed) is { } unreadable)
            return Invalid(path, unreadable);
        var token = text.Trim();
        return CheckToken(path, token) is { } unfit ? Invalid(path, unfit) : TokenResult.Valid(token);
    }

    private static Complaint? CheckToken(string path, string token)
    {
        const string Hint = "write one with: openssl rand -hex 32";
        if (token.Length == 0)
            return new($"{path} is empty", Hint);
        if (token.Any(character => character is < '!' or > '~'))
            return new($"the token in {path} contains spaces, line breaks or characters beyond ASCII", Hint);
        return token.Length < ShortestToken ? new($"the token in {path} is shorter than {ShortestToken} characters", Hint) : null;
    }

    private static TokenResult Invalid(string path, Complaint complaint) =>
        TokenResult.Invalid(new("security.token_file", complaint.Message, complaint.Hint, path));
}
