using System.Net;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Postgres;

/// <summary>Who may log in to a new cluster: the agent's user over the socket, and the configured nodes. Pure.</summary>
internal static class HostAccess
{
    /// <summary>The map that lets the agent's user in as the superuser where their names differ.</summary>
    private const string Map = "pgha";

    /// <summary>Whether no machine but this one is meant.</summary>
    internal static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>pg_hba.conf.</summary>
    /// <param name="nodes">The nodes that log in to each other.</param>
    /// <param name="superuser">The role of the agent's local SQL.</param>
    /// <param name="passwords">Whether roles have passwords; else loopback addresses are trusted.</param>
    internal static string Rules(IEnumerable<NodeOptions> nodes, string superuser, bool passwords)
    {
        var method = passwords ? "scram-sha-256" : "trust";
        var hosts = nodes.SelectMany(n => Addresses(n.PostgresHost)).Distinct(StringComparer.OrdinalIgnoreCase);
        string[] lines =
        [
            "# Written by pgha when it made this cluster, and yours from now on: add your applications below.",
            "# TYPE  DATABASE  USER  ADDRESS  METHOD",
            $"local  all  {Quote(superuser)}  peer map={Map}",
            "local  all  all  peer",
            .. hosts.SelectMany(h => new[] { $"host  replication  all  {h}  {method}", $"host  all  all  {h}  {method}" }),
        ];
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>pg_ident.conf.</summary>
    internal static string Identities(string systemUser, string superuser) =>
        $"# MAPNAME  SYSTEM-USERNAME  PG-USERNAME\n{Map}  {Quote(systemUser)}  {Quote(superuser)}\n";

    /// <summary>The nodes on one machine reach each other from any of its loopback addresses.</summary>
    private static string[] Addresses(string host) => IPAddress.TryParse(host, out var address)
        ? IPAddress.IsLoopback(address)
            ? [address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? "127.0.0.0/8" : "::1/128"]
            : [$"{address}/{(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128)}"]
        : IsLoopback(host) ? ["127.0.0.0/8", "::1/128"] : [host];

    private static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
