using System.Text.RegularExpressions;

namespace PgHa.Terminal;

/// <summary>Messages of the agents name calls. Here each call for which there is a command becomes that command, so that it can be typed as it is read.</summary>
internal static partial class CommandWords
{
    private const string Node = @"(?<node>(?!(?:it|its|the|a|that|both|there|another|which)\b)[\w-]+)";

    /// <summary>What is read, and what is written for it; the longest forms first.</summary>
    private static readonly (Regex Call, string Command)[] Table =
    [
        .. Rows(
            (@"POST instance/switchover/masterSlave\?to=" + Node + @"( on [\w-]+)?", "pgha switchover ${node}"),
            (@"POST instance/switchover/masterSlave( on [\w-]+)?", "pgha switchover"),
            (@"POST instance/failover/promote\?force=true on " + Node, "pgha failover ${node} --force"),
            (@"POST (instance/)?failover/promote on a standby", "pgha failover STANDBY"),
            (@"POST instance/failover/promote on " + Node, "pgha failover ${node}"),
            (@"POST instance/slave\?rejoin=(?<by>rewind|reclone)&force=true on " + Node, "pgha rejoin ${node} --by ${by} --force"),
            (@"POST instance/slave\?rejoin=(?<by>rewind|reclone) on " + Node, "pgha rejoin ${node} --by ${by}"),
            (@"POST instance/slave on " + Node, "pgha rejoin ${node}"),
            (@"POST instance/current on " + Node, "pgha start ${node}"),
            (@"DELETE instance/current on " + Node, "pgha stop ${node}"),
            (@"POST instance/master\?force=true on " + Node, "pgha start ${node} --as-primary --force"),
            (@"POST instance/master on " + Node, "pgha start ${node} --as-primary"),
            (@"POST data/init on " + Node, "pgha init ${node}"),
            (@"POST data/clone on " + Node, "pgha clone ${node}"),
            (@"POST (/api/pg/)?v2/operations/(?<id>[\w-]+)/abandon", "pgha operations ${id} --abandon"),
            (@"GET (/api/pg/)?v2/operations/(?<id>[\w-]+)", "pgha operations ${id}"),
            (@"GET (/api/pg/)?v2/operations", "pgha operations"),
            (@"POST v2/cluster/(?<verb>pause|resume)\?node=" + Node, "pgha ${verb} ${node}"),
            (@"POST v2/cluster/(?<verb>pause|resume|automatic|manual)( on [\w-]+)?", "pgha ${verb}"),
            (@"POST v2/cluster/record/release\?node=" + Node, "pgha record release ${node}"),
            (@"POST v2/cluster/record/recreate", "pgha record recreate"),
            (@"DELETE v2/cluster/scheduled", "pgha schedule --cancel"),
            (@"GET v2/cluster/scheduled", "pgha schedule"),
            (@"GET v2/cluster/(?<verb>explain|history)", "pgha ${verb}"),
            (@"(GET )?v2/cluster/explain", "pgha explain"),
            (@"GET salvage/(?<id>[\w-]+)", "pgha salvage ${id}"),
            (@"GET salvage\b", "pgha salvage"),
            (@"GET slots/all", "pgha slots"),
            (@"GET lsn/all", "pgha lsn"),
            (@"GET walFiles\b", "pgha wal ls"),
            (@"\?rejoin=(?<by>rewind|reclone)", "--by ${by}"),
            (@"\?from=", "--from "),
            (@"[?&]?force=true", "--force")),
    ];

    /// <summary>The text with commands in the place of calls.</summary>
    internal static string In(string text) => text.Contains('/', StringComparison.Ordinal) || text.Contains('=', StringComparison.Ordinal) || text.Contains("GET ", StringComparison.Ordinal)
        ? Table.Aggregate(text, (seen, row) => row.Call.Replace(seen, row.Command)) : text;

    private static IEnumerable<(Regex, string)> Rows(params (string Call, string Command)[] rows) => rows.Select(r => (new Regex(r.Call, RegexOptions.CultureInvariant), r.Command));
}
