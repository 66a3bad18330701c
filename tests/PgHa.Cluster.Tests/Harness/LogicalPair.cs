namespace PgHa.Cluster.Tests.Harness;

/// <summary>Pairs that decode their WAL, and what tests ask of their slots.</summary>
internal static class LogicalPair
{
    /// <summary>Settings of an operator with consumers.</summary>
    public static async Task Prepare(TestCluster cluster)
    {
        foreach (var node in cluster.Nodes)
        {
            await node.AddToPostgresConf("wal_level = logical\nmax_replication_slots = 30\nwal_receiver_status_interval = 1s");
            await node.AddToAgentConfig("slots: { interval: 1 }");
        }
    }

    public static Task CreatePublication(this TestNode primary) => primary.Postgres.Execute($"CREATE PUBLICATION {Consumer.Publication} FOR ALL TABLES");

    public static Task CreateSlot(this TestNode primary, string name, string plugin = "pgoutput", bool twoPhase = false) =>
        primary.Postgres.Execute($"SELECT pg_create_logical_replication_slot('{name}', '{plugin}'{(twoPhase ? ", false, true" : "")})"); // 13 does not know the last one

    /// <summary>A slot's confirmed position; null where there is no such slot.</summary>
    public static async Task<string?> Confirmed(this TestNode node, string slot) =>
        await node.Postgres.Ask<object>($"SELECT (SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = '{slot}')") as string;

    /// <summary>What the operation of a call that succeeds says is not carried.</summary>
    public static async Task<string> NamedBy(this TestNode node, string path)
    {
        var answer = await node.Api.Post(path);
        Assert.True(answer.Status == 200, answer.ToString());
        return NotCarried((await node.Api.Get(answer.Location!.ToString())).Field("not_carried"));
    }

    public static string NotCarried(System.Text.Json.JsonElement? list) => string.Join("; ", list!.Value.EnumerateArray().Select(e => e.GetString()));

    /// <summary>The standby gets all slots now.</summary>
    public static async Task<Answer> PlaceSlots(this TestNode standby)
    {
        var answer = await standby.Api.Post("slots/file?restart=true");
        Assert.True(answer.Status == 200 && answer.Field("notCarried")?.ToString() == "{}", answer.ToString());
        return answer;
    }
}
