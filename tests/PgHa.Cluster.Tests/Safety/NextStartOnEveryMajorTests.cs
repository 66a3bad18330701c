namespace PgHa.Cluster.Tests.Safety;

/// <summary>The next start, and a standby that stands still, on every major version but the one all other tests run on.</summary>
[Trait("Category", "Long")]
public sealed class NextStartOnEveryMajorTests : ClusterTest
{
    private const string Switchover = "instance/switchover/masterSlave?to=pg-node02";

    public static TheoryData<int> Majors => OnMajor.Others;

    /// <summary>13 to 15 have it; from 16 on PostgreSQL does not know it, and does not start with it.</summary>
    [Theory, MemberData(nameof(Majors))]
    public async Task A_node_that_would_promote_itself_or_does_not_know_a_setting_is_found_before_the_first_stop(int major)
    {
        var cluster = Keep(await OnMajor.Running(major));
        var trigger = cluster.N1.In("go");
        var conf = cluster.N1.Postgres.InData("postgresql.conf");
        var before = await File.ReadAllTextAsync(conf, TestContext.Current.CancellationToken);
        await cluster.N1.AddToPostgresConf($"promote_trigger_file = '{trigger}'");
        await File.WriteAllTextAsync(trigger, "", TestContext.Current.CancellationToken);
        await IsRefused(cluster, "promote_trigger_file", major < 16 ? $"remove {trigger}" : "correct the configuration of pg-node01");
        File.Delete(trigger);
        if (major >= 16) await File.WriteAllTextAsync(conf, before, TestContext.Current.CancellationToken);
        await cluster.Play($"""
            POST N1 {Switchover}                                  → slave, master
            POST N1 instance/switchover/slaveMaster?to=pg-node01  → master, slave
            """);
    }

    [Theory, MemberData(nameof(Majors))]
    public async Task What_waits_in_the_files_is_found_before_the_first_stop(int major)
    {
        var cluster = Keep(await OnMajor.Running(major));
        await cluster.N1.Postgres.Execute("SELECT pg_create_physical_replication_slot('kept')"); // fact 37
        foreach (var (node, setting, named) in new[]
        {
            (1, "hot_standby = off", "hot_standby"), (2, "max_connections = 200", "max_connections"), (2, "port = 1", "port"),
            (1, "max_replication_slots = 0", "max_replication_slots"), (2, "shared_preload_libraries = 'nowhere'", "shared_preload_libraries"),
        })
        {
            var conf = cluster.Nodes[node - 1].Postgres.InData("postgresql.conf");
            var before = await File.ReadAllTextAsync(conf, TestContext.Current.CancellationToken);
            await cluster.Nodes[node - 1].AddToPostgresConf(setting);
            await IsRefused(cluster, named, "");
            await File.WriteAllTextAsync(conf, before, TestContext.Current.CancellationToken);
        }
        await cluster.Play($"POST N1 {Switchover} → slave, master");
    }

    /// <summary>The server of 13 ends; from 14 on it goes on streaming.</summary>
    [Theory, MemberData(nameof(Majors))]
    public async Task A_standby_with_a_limit_below_its_masters_does_not_take_over(int major)
    {
        var cluster = Keep(await OnMajor.Running(major));
        await cluster.N1.AddToPostgresConf("max_connections = 60");
        await cluster.N1.Postgres.Stop();
        await cluster.N1.Postgres.Start();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates(major == 13 ? "single" : "master", major == 13 ? "inactive" : "slave");
        await Wait.Until("it is seen", async () => major == 13 || (await cluster.N2.Api.GetV2("node")).Body.Contains("stands still for good", StringComparison.Ordinal));
        await cluster.AssertUnchanged(() => cluster.Play($"POST N1 {Switchover} → refused 409, code 7"));
        await cluster.N2.AddToPostgresConf("max_connections = 60");
        if (major > 13) await cluster.Play("DELETE N2 instance/current → single, inactive");
        await cluster.Play($"""
            POST N2 instance/current  → master, slave
            POST N1 {Switchover}      → slave, master
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static Task IsRefused(TestCluster cluster, string named, string hint) => cluster.AssertUnchanged(async () =>
    {
        foreach (var form in new[] { Switchover, Switchover + "&by=promote", Switchover + "&dryRun=true" }.Where(f => hint.Length > 0 || !f.Contains("promote", StringComparison.Ordinal)))
        {
            var refused = await cluster.N1.Api.Post(form);
            refused.AssertRefused(409, 7);
            Assert.Contains(named, refused.Message, StringComparison.Ordinal);
            Assert.Contains(hint, refused.Hint, StringComparison.Ordinal);
        }
    });
}
