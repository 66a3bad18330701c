namespace PgHa.Agent.Configuration;

/// <summary>The file that <c>security.tokens_file</c> names, as text.</summary>
public static class TokensFile
{
    private const int Largest = 1 << 18;
    private const UnixFileMode Allowed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    /// <summary>Reads it. Refused is a file that others can read (mode beyond 0640): hashes are no secret, but who may do what is nobody's business.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">Its content.</param>
    /// <returns>Why not; null: it was read.</returns>
    public static Complaint? Read(string path, out string text) => BoundedFile.Read(path, Largest, out text, Allowed);
}
