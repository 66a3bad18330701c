using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>PostgreSQL insists on running as the owner of its data directory, and so must the agent, which starts it.</summary>
public static class DataOwner
{
    /// <summary>Why this user's server would not run there, or null; also null if there is nothing, or nothing can be seen.</summary>
    public static string? Problem(string dataDirectory) =>
        Linux.Look(dataDirectory) is { Error: 0 } look && look.Owner != Linux.User
            ? $"{dataDirectory} belongs to {Linux.NameOf(look.Owner)} and the agent runs as {Linux.NameOf(Linux.User)}: PostgreSQL runs only as the owner; "
                + $"run the agent as {Linux.NameOf(look.Owner)}, or give the directory to {Linux.NameOf(Linux.User)}"
            : null;
}
