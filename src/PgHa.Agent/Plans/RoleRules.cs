using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>What the replication role may do on a server.</summary>
/// <param name="Replicates">It is a superuser, or has REPLICATION.</param>
/// <param name="Monitors">It may see the sizes of all databases, the list of WAL files and all settings.</param>
/// <param name="Missing">Those of <see cref="RoleRules.RewindFunctions"/> that it may not call.</param>
public sealed record RoleFacts(bool Replicates, bool Monitors, IReadOnlyList<string> Missing);

/// <summary>What the replication role lacks for a base backup and a rewind, and the statements that give it (fact 22).</summary>
public static class RoleRules
{
    /// <summary>The functions that pg_rewind calls on its source.</summary>
    public static IReadOnlyList<string> RewindFunctions { get; } =
        ["pg_ls_dir(text, boolean, boolean)", "pg_stat_file(text, boolean)", "pg_read_binary_file(text)", "pg_read_binary_file(text, bigint, bigint, boolean)"];

    /// <summary>Null where nothing is missing; the hint ends with statements that can be pasted.</summary>
    /// <param name="role">The role.</param>
    /// <param name="server">The node whose server was asked.</param>
    /// <param name="database">The database that pg_rewind logs in to: what functions may be called belongs to it.</param>
    /// <param name="facts">What the server said.</param>
    public static Refusal? Refuse(string role, string server, string database, RoleFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        (string What, string Grant)?[] lacks =
        [
            facts.Replicates ? null : ("REPLICATION (streaming and base backups)", Replicate(role)),
            facts.Monitors ? null : ("pg_monitor (what a copy has to know of its source)", $"GRANT pg_monitor TO {Quoted(role)};"),
            facts.Missing.Count == 0 ? null : ($"EXECUTE on {string.Join(" and ", facts.Missing)} (pg_rewind)", GrantExecute(role, facts.Missing)),
        ];
        var missing = lacks.OfType<(string What, string Grant)>().ToArray();
        return missing.Length == 0 ? null : new(Code.WrongState,
            $"{role} lacks on {server}: {string.Join("; ", missing.Select(l => l.What))}",
            $"as superuser on the primary, in database {database}: {string.Join(' ', missing.Select(l => l.Grant))}");
    }

    /// <summary>The statement that lets a role call functions.</summary>
    public static string GrantExecute(string role, IReadOnlyList<string> functions) => $"GRANT EXECUTE ON FUNCTION {string.Join(", ", functions)} TO {Quoted(role)};";

    /// <summary>The statement that lets a role stream.</summary>
    public static string Replicate(string role) => $"ALTER ROLE {Quoted(role)} REPLICATION;";

    /// <summary>A name as SQL takes any.</summary>
    public static string Quoted(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
