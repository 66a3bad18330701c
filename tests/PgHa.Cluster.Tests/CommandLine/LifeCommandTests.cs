using System.Text.RegularExpressions;
using PgHa.Cluster.Tests.Setup;

namespace PgHa.Cluster.Tests.CommandLine;

/// <summary>A cluster from its beginning by commands alone: made, copied, failed over, and joined again after a fork.</summary>
public sealed class LifeCommandTests : BootstrapTest
{
    [Fact]
    public async Task A_cluster_is_made_fails_over_and_a_forked_node_rejoins()
    {
        var cluster = await Empty();
        Assert.Contains("\n  no node accepts writes\n", (await Cli.On(cluster.N1, "status")).Text, StringComparison.Ordinal);
        var made = await Cli.On(cluster.N1, "init", "--yes");
        Assert.True(made.Code == 0 && made.Text.StartsWith("make a new cluster on pg-node01\n", StringComparison.Ordinal), made.ToString());
        Assert.EndsWith("  pg-node02 holds no data\n    -> pgha clone pg-node02\n", (await Cli.On(cluster.N1, "status")).Text, StringComparison.Ordinal);
        var cloned = await Cli.On(cluster.N1, "clone", "pg-node02", "--yes");
        Assert.True(cloned.Code == 0, cloned.ToString());
        await cluster.WaitForStates("master", "slave");
        await cluster.N1.Postgres.Execute(Ledger.Table);
        await cluster.Ledger.Insert(cluster.N1);

        Assert.Equal(0, (await Cli.On(cluster.N2, "stop", "pg-node01", "--yes")).Code);
        var plan = await Cli.On(cluster.N1, "failover", "--dry-run");
        Assert.StartsWith("fail over to pg-node02 by promotion\n", plan.Text, StringComparison.Ordinal);
        var over = await Cli.On(cluster.N1, "failover", "--yes", "--reason", "a test");
        Assert.True(over.Code == 0, over.ToString());
        await cluster.Ledger.Insert(cluster.N2);

        await cluster.N1.Postgres.StartAsPrimary(); // by hand, past every check
        await Wait.Until("both are seen", async () => (await Cli.On(cluster.N2, "status")).Text.StartsWith("2 PRIMARIES: pg-node01, pg-node02, ", StringComparison.Ordinal), 20);
        for (var i = 0; i < 3; i++) await cluster.N1.Postgres.Execute($"INSERT INTO ledger VALUES ({100_000 + i}, 'lost')");
        Assert.Equal(0, (await Cli.On(cluster.N2, "stop", "pg-node01", "--yes")).Code);
        var refused = await Cli.On(cluster.N2, "rejoin", "pg-node01", "--yes");
        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.Contains("(code 13)\n", refused.Error, StringComparison.Ordinal);
        Assert.Contains("pgha rejoin pg-node01 --by rewind", refused.Error, StringComparison.Ordinal);
        var rejoined = await Cli.On(cluster.N2, "rejoin", "pg-node01", "--by", "rewind", "--yes");
        Assert.True(rejoined.Code == 0, rejoined.ToString());
        Assert.Contains("\nlost what only pg-node01 holds is given up, after it was salvaged and its commits listed (pgha salvage)\n", rejoined.Text, StringComparison.Ordinal);
        await cluster.WaitForStates("slave", "master");
        await cluster.Ledger.AssertOnEveryRunningNode();

        var list = await Cli.On(cluster.N2, "salvage");
        var id = Regex.Match(list.Output.Split('\n')[1], @"^\S+").Value;
        Assert.Matches(@" 3 ", list.Output.Split('\n')[1]);
        var one = await Cli.On(cluster.N2, "salvage", id);
        Assert.Contains("\n3 commits lost\n", one.Output, StringComparison.Ordinal);
        Assert.Contains("postgres: public.ledger", one.Output, StringComparison.Ordinal);
    }
}
