using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Finds this node's server. Three answers: it runs (<see cref="Find"/>), it does not, it cannot be told (<see cref="DoubtAsync"/> says why).
/// </summary>
internal sealed class ServerSearch(AgentOptions options, DataDirectory data, KnownServer known, AnsweringPlace answering)
{
    /// <summary>
    /// The server that postmaster.pid names, held open from one look to the next; null if none is seen on the data directory, or the one
    /// that is known still runs elsewhere.
    /// </summary>
    internal ServerProcess? Find(PostmasterPid? named)
    {
        var place = ServerPlace.At(data.Root);
        if (known.Living is { } living)
        {
            if (place.Holds(living.Pid) != Presence.Yes)
                return null;
            if (living.Pid == named?.Pid)
                return living;
        }
        return named is not null && ServerProcess.Open(named.Pid, place) is { } found ? known.Remember(found, place) : null;
    }

    /// <summary>
    /// A handle on the server that is known and runs elsewhere than on the data directory; null if it does not. A process that has begun
    /// to end runs nowhere, and its directory cannot be seen any more: a large shared memory takes seconds to be freed.
    /// </summary>
    internal ServerProcess? OpenElsewhere()
    {
        var process = known.Open();
        if (process is null || (ServerPlace.At(data.Root).Holds(process.Pid) != Presence.Yes && !process.IsEnding))
            return process;
        process.Dispose();
        return null;
    }

    /// <summary>The server that is known is about to end: it holds its shared memory until then.</summary>
    internal bool IsEnding => known.Living is { IsEnding: true };

    /// <summary>All processes on the data directory, and those that may be.</summary>
    internal (int Pid, Presence Presence)[] Processes() => [.. ServerProcess.In(ServerPlace.At(data.Root))];

    /// <summary>Why it cannot be told that no server runs, though none is seen on the data directory; null if it can.</summary>
    /// <param name="seen">The processes just seen.</param>
    internal async Task<string?> DoubtAsync(IEnumerable<(int Pid, Presence Presence)> seen)
    {
        var (named, unreadable) = PostmasterPid.Look(data.Root);
        if ((Elsewhere() ?? Left() ?? Hidden(seen) ?? (unreadable is null ? Named(named) : DataOwner.Problem(data.Root) ?? unreadable) ?? Unseen()) is { } doubt)
            return doubt;
        return await answering.FindAsync(named) is { } place
            ? $"something answers at {place}, and no server is seen on {data.Configured}: find out what it is, and end it"
            : null;
    }

    private string? Elsewhere()
    {
        using var process = OpenElsewhere();
        return process is null ? null
            : $"its server, process {process.Pid}, still runs, but {WhereNow(process.Pid)} instead of {data.Configured}: move the directory back, or stop it (DELETE instance/current on {options.Node})";
    }

    internal static string WhereNow(int pid)
    {
        try
        {
            return $"on {File.ResolveLinkTarget($"/proc/{pid}/cwd", false)?.FullName}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "on a directory that the agent may not see";
        }
    }

    /// <summary>What is left of a server that ran elsewhere: one of its processes may still acknowledge a commit.</summary>
    internal string? Left()
    {
        if (known.Place is not { } place || place.Identity == ServerPlace.At(data.Root).Identity)
            return null;
        int[] left = [.. ServerProcess.In(place).Where(p => p.Presence == Presence.Yes).Select(p => p.Pid)];
        return left.Length == 0 ? null : $"processes of its server still run {WhereNow(left[0])} instead of {data.Configured}: {string.Join(", ", left)}";
    }

    private string? Hidden(IEnumerable<(int Pid, Presence Presence)> seen)
    {
        int[] hidden = [.. seen.Where(p => p.Presence == Presence.Untold).Select(p => p.Pid)];
        return hidden.Length == 0 ? null
            : $"process {string.Join(", ", hidden)} is a PostgreSQL server of the same user, and the agent may not look at its directory: if it is that of {data.Configured}, stop it (kill -INT {hidden[0]})";
    }

    /// <summary>
    /// postmaster.pid names a process that lives. It is no server's if it is another program and works elsewhere, or another server's child:
    /// then its pid was used again.
    /// </summary>
    private string? Named(PostmasterPid? named) => named is null || ServerProcess.IsDead(named.Pid) || ProcFile.IsExiting(named.Pid) || !MayBeOurs(named.Pid) ? null
        : ServerPlace.At(data.Root).Holds(named.Pid) == Presence.Yes ? $"somebody else has started a server on {data.Configured} this very moment (process {named.Pid})"
        : $"postmaster.pid names process {named.Pid}, which lives and works {WhereNow(named.Pid)}: end it if it is the server of {data.Configured}, else remove that file";

    private bool MayBeOurs(int pid)
    {
        var place = ServerPlace.At(data.Root);
        return Linux.Look($"/proc/{pid}/cwd").Identity is { } works && works == place.Identity
            || (ProcFile.IsPostgres(pid) && !ProcFile.Arguments(pid)[0].StartsWith("postgres: ", StringComparison.Ordinal) && place.IsOfOwner(pid));
    }

    private string? Unseen() => Linux.Look(data.Root) is { Identity: null, Missing: false } look ? $"{data.Configured} cannot be looked at: {look.Why}" : null;
}
