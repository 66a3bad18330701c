using System.Globalization;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Formats.Control;

namespace PgHa.Agent.Postgres;

/// <summary>
/// What a control file says of the five limits of a standby. Replay writes its primary's values there before it compares them with its own, so
/// a running standby that has less stands still (fact 50).
/// </summary>
internal static class ReplayLimits
{
    /// <summary>The control file's values by setting.</summary>
    internal static Dictionary<string, int> Of(ControlFile control) => new()
    {
        ["max_connections"] = control.MaxConnections,
        ["max_prepared_transactions"] = control.MaxPreparedXacts,
        ["max_locks_per_transaction"] = control.MaxLocksPerXact,
        ["max_worker_processes"] = control.MaxWorkerProcesses,
        ["max_wal_senders"] = control.MaxWalSenders,
    };

    /// <summary>Those of a running standby that are too low.</summary>
    /// <param name="running">Its values, in the order of <see cref="RecoveryRules.Limits"/>.</param>
    /// <param name="control">Its control file; null if it cannot be read.</param>
    internal static IReadOnlyList<ShortLimit> Short(IReadOnlyList<string> running, ControlFile? control)
    {
        if (control is null)
            return [];
        var needs = Of(control);
        return [.. RecoveryRules.Limits.Zip(running, (name, has) => new ShortLimit(name, int.Parse(has, CultureInfo.InvariantCulture), needs[name])).Where(l => l.Has < l.Needs)];
    }
}
