using System.Text;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Agent.Security;

namespace PgHa.Agent;

/// <summary>
/// Where the token of this machine is kept: a file in <c>state_dir</c> that only the agent's user and root can read. It is made once and kept, so that commands and scripts go on over a restart of the
/// agent, and an agent that is started twice by mistake changes nothing for the one that runs. Whoever removes the file and sends SIGHUP has another one.
/// </summary>
public static class LocalTokenFile
{
    private const int Largest = 4096;
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite, OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>The token of an agent that starts: what is kept, or a new one where there is none.</summary>
    /// <param name="state">Where it is kept. The directory exists.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static (string? Token, Complaint? Problem) Keep(StateFiles state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (CheckFolder(state) is { } open)
            return (null, open);
        if (Linux.Look(state.Root) is { Error: 0 } folder && folder.Owner != Linux.User)
            return (null, new($"{state.Root} belongs to {Linux.NameOf(folder.Owner)}, and the agent runs as {Linux.NameOf(Linux.User)}", $"chown {Linux.NameOf(Linux.User)} {state.Root}"));
        if (IsThere(state.LocalToken))
            return Read(state);
        DurableFile.Replace(state.LocalToken, Encoding.ASCII.GetBytes(NamedToken.New() + "\n"), Own);
        return Read(state);
    }

    /// <summary>The token that the agent beside has made. It is only used if nobody but its user and root can have written or read it.</summary>
    /// <param name="state">The agent's own directory.</param>
    /// <returns>The token; or why it cannot be used; or neither, where no agent has made one yet.</returns>
    public static (string? Token, Complaint? Problem) Find(StateFiles state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var look = Linux.Look(state.LocalToken);
        if (look.Missing && !IsThere(state.LocalToken))
            return (null, null);
        if (!look.Missing && !Linux.MayRead(state.LocalToken))
            return (null, OfAnother(state));
        return CheckFolder(state) is { } open ? (null, open) : Read(state);
    }

    private static Complaint OfAnother(StateFiles state)
    {
        var user = Linux.Look(state.Root) is { Error: 0 } folder ? Linux.NameOf(folder.Owner) : null;
        return new($"the agent of this machine answers {user ?? "its own user"} and root only, and this is {Linux.NameOf(Linux.User)} (security.local is owner)",
            $"run the command as {(user is null ? "root (sudo pgha …)" : $"{user} or root (sudo -u {user} pgha …)")}, or set PGHA_TOKEN to a token of your own: pgha token add NAME ROLE makes one (docs/security.md)");
    }

    /// <summary>A link, too, wherever it leads.</summary>
    private static bool IsThere(string path) => new FileInfo(path) is { Exists: true } or { LinkTarget: not null };

    private static Complaint? CheckFolder(StateFiles state) => (File.GetUnixFileMode(state.Root) & OthersWrite) == 0 ? null
        : new($"others than its owner may write in {state.Root}, and could put a token of theirs there", $"chmod go-w {state.Root}");

    private static (string? Token, Complaint? Problem) Read(StateFiles state)
    {
        var path = state.LocalToken;
        var again = $"remove it, and restart the agent, which makes another one: rm {path}";
        if (new FileInfo(path).LinkTarget is not null)
            return (null, new($"{path} is a link", again));
        if (Linux.Look(path) is { Error: 0 } file && Linux.Look(state.Root) is { Error: 0 } folder && file.Owner != folder.Owner)
            return (null, new($"{path} belongs to {Linux.NameOf(file.Owner)}, and {state.Root} to {Linux.NameOf(folder.Owner)}", again));
        if (BoundedFile.Read(path, Largest, out var text, Own) is { } unreadable)
            return (null, unreadable with { Hint = again });
        return text.Trim() is { Length: >= TokenFile.ShortestToken } token && token.All(c => c is >= '!' and <= '~') ? (token, null) : (null, new($"{path} holds no token", again));
    }
}
