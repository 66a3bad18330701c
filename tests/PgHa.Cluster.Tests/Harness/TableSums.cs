namespace PgHa.Cluster.Tests.Harness;

/// <summary>A checksum over the rows of every table, the catalogs too, as each node tells it.</summary>
internal static class TableSums
{
    private const string Tables = """
        SELECT coalesce(string_agg(oid::regclass::text, ' ' ORDER BY oid), '') FROM pg_class WHERE relkind = 'r' AND relpersistence = 'p'
        """;

    /// <summary>All nodes hold the same rows in the same tables; a standby may replay the last of them still.</summary>
    public static async Task AssertSameTables(this TestCluster cluster, double seconds = 60)
    {
        Assert.All(cluster.Nodes, node => Assert.True(node.Postgres.IsRunning, $"{node.Name} does not run"));
        var sums = Array.Empty<string>();
        try
        {
            await Wait.Until("all tables are the same", async () =>
            {
                sums = await Task.WhenAll(cluster.Nodes.Select(Of));
                return sums.Distinct().Count() == 1;
            }, seconds);
        }
        catch (TimeoutException)
        {
            var rest = sums.Select(sum => sum.Split('\n').Except(sums.Select(each => each.Split('\n')).Aggregate<IEnumerable<string>>((a, b) => a.Intersect(b))));
            Assert.Fail($"the nodes differ in: {string.Join(" | ", rest.Select(lines => string.Join(", ", lines)))}");
        }
    }

    /// <summary>One line per table.</summary>
    private static async Task<string> Of(TestNode node)
    {
        var tables = (await node.Postgres.Ask<string>(Tables)).Split(' ');
        Assert.Contains("ledger", tables);
        return await node.Postgres.Ask<string>("SELECT " + string.Join(" || chr(10) || ", tables.Select(table =>
            $"'{table} ' || (SELECT count(*) || ' ' || coalesce(md5(string_agg(md5(each::text), '' ORDER BY each::text)), '') FROM {table} each)")));
    }
}
