namespace PgHa.Cluster.Tests.Failover;

/// <summary>What a server shows that starts, runs or ends just now.</summary>
internal static class Seen
{
    public static async Task<bool> AcceptsWrites(TestNode node)
    {
        try
        {
            return node.Postgres.IsRunning && !await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()");
        }
        catch (Npgsql.NpgsqlException)
        {
            return false;
        }
    }

    public static async Task<bool> Follows(TestNode standby, TestNode primary)
    {
        try
        {
            return standby.Postgres.IsRunning && await standby.Postgres.StreamsFrom(primary.Postgres);
        }
        catch (Npgsql.NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>Waits until the node holds the record and accepts writes.</summary>
    public static Task Serves(TestNode node) => Wait.Until($"{node.Name} holds the record and accepts writes", async () =>
        node.Agent.IsRunning && await AcceptsWrites(node) && await AutomaticCluster.Explain(node) is { } said && said.TryGetProperty("may_write_for", out _), 40);
}
