namespace PgHa.Cluster.Tests.Harness;

/// <summary>What nodes outside the loopback need.</summary>
internal static class OutsideLoopback
{
    private const string Token = "open-sesame-0123456789";

    /// <summary>Who may log in, a token, and where the first primary is.</summary>
    /// <param name="cluster">Its files are there, and nothing runs.</param>
    /// <param name="addresses">Those of all nodes, as pg_hba.conf wants them.</param>
    public static async Task Prepare(TestCluster cluster, string addresses)
    {
        foreach (var node in cluster.Nodes)
        {
            await File.AppendAllTextAsync(node.Postgres.InData("pg_hba.conf"), $"host all all {addresses} trust\nhost replication all {addresses} trust\n", TestContext.Current.CancellationToken);
            await AsPostgres.Run("/bin/sh", "-c", "umask 077; echo \"$0\" >\"$1\"", Token, node.In("token"));
            await node.AddToAgentConfig($"security:\n  token_file: {node.In("token")}");
            node.Api.Token = Token;
            if (node == cluster.N1) continue;
            var conninfo = node.Postgres.InData("postgresql.auto.conf");
            await File.WriteAllTextAsync(conninfo, (await File.ReadAllTextAsync(conninfo, TestContext.Current.CancellationToken))
                .Replace("host=127.0.0.1", $"host={cluster.N1.Address}", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        }
    }
}
