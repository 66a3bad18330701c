using System.Net.Http.Headers;
using System.Text.Json;

namespace PgHa.Cluster.Tests.Slots;

/// <summary>The specification's chapter on logical replication, as calls.</summary>
public sealed class SlotCallsTests : ClusterTest
{
    [Fact]
    public async Task Slots_are_told_by_a_running_server_and_by_the_files_of_a_stopped_one()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.CreateSlot("test02", "decoderbufs");
        var confirmed = await cluster.N1.Confirmed("test02");
        await AssertPositions(cluster, confirmed!);
        await AssertColumns(cluster.N1, "test02", "decoderbufs", confirmed!);
        await cluster.Play("DELETE N1 instance/current → inactive, recovery");
        await AssertPositions(cluster, confirmed!);
        await AssertColumns(cluster.N1, "test02", "decoderbufs", confirmed!);
        Assert.Equal(await File.ReadAllBytesAsync(State(cluster.N1, "test02"), TestContext.Current.CancellationToken), await Download(cluster.N1, "slot/test02/file"));
    }

    private static async Task AssertPositions(TestCluster cluster, string confirmed)
    {
        Assert.Equal($$$"""{"pg-node01":{"test02":"{{{confirmed}}}"},"pg-node02":{}}""", (await cluster.N2.Api.Get("slots/all")).Body);
        Assert.Equal($$$"""{"pg-node01":{"test02":"{{{confirmed}}}"}}""", (await cluster.N1.Api.Get("slots/current")).Body);
        Assert.Equal($$$"""{"pg-node01":{"test02":"{{{confirmed}}}"}}""", (await cluster.N2.Api.Get("slots/pg-node01")).Body);
    }

    private static async Task AssertColumns(TestNode node, string slot, string plugin, string confirmed)
    {
        var all = JsonSerializer.Deserialize<JsonElement>((await node.Api.Get($"slot/{slot}/all")).Body);
        Assert.Equal(
            ["slot_name", "plugin", "slot_type", "datoid", "temporary", "active", "active_pid", "xmin", "catalog_xmin", "restart_lsn", "confirmed_flush"],
            all.EnumerateObject().Select(p => p.Name).Take(11));
        Assert.Equal((slot, plugin, "logical", "f", "f", confirmed), (Text("slot_name"), Text("plugin"), Text("slot_type"), Text("temporary"), Text("active"), Text("confirmed_flush")));
        Assert.Equal($$"""{"restart_lsn":"{{Text("restart_lsn")}}","confirmed_flush":"{{confirmed}}"}""", (await node.Api.Get($"slot/{slot}/lsn")).Body);
        string? Text(string name) => all.GetProperty(name).GetString();
    }

    [Fact]
    public async Task The_file_is_given_only_when_it_is_newer_than_what_the_caller_has()
    {
        var cluster = Keep(await TestCluster.AllStopped(2, LogicalPair.Prepare));
        await cluster.Play("POST N1 instance/master → single, inactive");
        await cluster.N1.CreateSlot("x");
        await cluster.N1.Postgres.Execute("CHECKPOINT");
        var confirmed = await cluster.N1.Confirmed("x");
        Assert.NotEmpty(await Download(cluster.N1, "slot/x/file/0/1"));
        var answer = await cluster.N1.Api.Get($"slot/x/file/{confirmed}");
        answer.AssertRefused(404, 1);
        Assert.StartsWith("nothing newer", answer.Message, StringComparison.Ordinal);
        (await cluster.N1.Api.Get("slot/x/file/0/zz")).AssertRefused(404, 2);
    }

    [Fact]
    public async Task A_standby_is_brought_level_when_asked_and_says_how_it_was_before()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.CreateSlot("x");
        var waiting = await cluster.N2.Api.Post("slots/file");
        Assert.Contains("pg-node02 has no copy of it", waiting.Field("notCarried")!.Value.GetProperty("x").GetString(), StringComparison.Ordinal);
        var pid = cluster.N2.Postgres.Pid;
        await cluster.AssertUnchanged(async () =>
        {
            Assert.Equal(waiting.Body, (await cluster.N2.Api.Post("slots/file?dryRun=true&timeout=20")).Body);
            Assert.Contains("stop pg-node02", (await cluster.N2.Api.Post("slots/file?restart=true&dryRun=true")).Body, StringComparison.Ordinal);
            (await cluster.N2.Api.Post("slots/file?stepwise=true")).AssertRefused(400, 2);
            (await cluster.N2.Api.Post("slots/file?restart=maybe")).AssertRefused(400, 2);
        });
        var placed = await cluster.N2.PlaceSlots();
        Assert.NotEqual(pid, cluster.N2.Postgres.Pid);
        Assert.Equal("{}", placed.Field("before")!.Value.ToString());
        await cluster.Ledger.Insert(cluster.N1);
        var before = await cluster.N2.Confirmed("x");
        await cluster.N1.Postgres.Execute("SELECT pg_replication_slot_advance('x', pg_current_wal_lsn())");
        var now = await cluster.N1.Confirmed("x");
        await Wait.Until("the regular upkeep has brought it level", async () => await cluster.N2.Confirmed("x") == now);
        Assert.NotEqual(before, now);
        var level = await cluster.N2.Api.Post("slots/file?restart=true");
        Assert.Equal($$$"""{"before":{"x":"{{{now}}}"},"remote":{"x":"{{{now}}}"},"after":{"x":"{{{now}}}"},"notCarried":{}}""", level.Body);
        Assert.Equal(200, (await cluster.N1.Api.Post("slots/file")).Status);
        Assert.Equal(200, (await cluster.N1.Api.Post("slots/file?force=true")).Status);
        await cluster.Play("""
            DELETE N1 instance/current → inactive, recovery
            POST N2 slots/file → refused 409, code 12
            """);
    }

    [Fact]
    public async Task A_copy_is_dropped_when_its_original_is()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.CreateSlot("x");
        await cluster.N2.PlaceSlots();
        Assert.NotNull(await cluster.N2.Confirmed("x"));
        await cluster.N1.Postgres.Execute("SELECT pg_drop_replication_slot('x')");
        await Wait.Until("the copy is gone", async () => await cluster.N2.Confirmed("x") is null);
    }

    [Fact, Trait("Category", "Long")]
    public async Task Where_the_operator_wants_it_a_standby_is_restarted_for_a_new_slot_but_never_for_one_that_copies_a_table()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, async c =>
        {
            await LogicalPair.Prepare(c);
            foreach (var node in c.Nodes) await node.ChangeAgentConfig("slots: { interval: 1 }", "slots: { interval: 1, restart: true }");
        }));
        var pid = cluster.N2.Postgres.Pid;
        await cluster.N1.CreateSlot("pg_16400_sync_16390_7000000000000000001");
        await using var session = await cluster.N1.Postgres.Connect();
        await using var temporary = new Npgsql.NpgsqlCommand("SELECT pg_create_logical_replication_slot('for_a_moment', 'pgoutput', true)", session);
        await temporary.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        Assert.Equal("{}", (await cluster.N2.Api.Post("slots/file?restart=true")).Field("notCarried").ToString());
        Assert.Equal(pid, cluster.N2.Postgres.Pid);
        await cluster.N1.CreateSlot("x");
        await Wait.Until("the new slot has come", async () => cluster.N2.Postgres.IsRunning && cluster.N2.Postgres.Pid != pid && await Has(cluster.N2, "x"), 20);
        await cluster.WaitForStates("master", "slave");
        Assert.False(await Has(cluster.N2, "for_a_moment") || await Has(cluster.N2, "pg_16400_sync_16390_7000000000000000001"));
    }

    private static async Task<bool> Has(TestNode node, string slot)
    {
        try
        {
            return await node.Confirmed(slot) is not null;
        }
        catch (Npgsql.NpgsqlException)
        {
            return false; // it starts
        }
    }

    private static string State(TestNode node, string slot) => node.Postgres.InData($"pg_replslot/{slot}/state");

    private static async Task<byte[]> Download(TestNode node, string path)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(node.AgentUrl, "/api/pg/v1/" + path), TestContext.Current.CancellationToken);
        Assert.Equal(new MediaTypeHeaderValue("application/octet-stream"), response.Content.Headers.ContentType);
        return await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }
}
