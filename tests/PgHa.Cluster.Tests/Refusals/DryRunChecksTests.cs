namespace PgHa.Cluster.Tests.Refusals;

/// <summary>A dry run finds what the call's own checks find, and changes nothing.</summary>
public sealed class DryRunChecksTests : ClusterTest
{
    [Theory]
    [InlineData("instance/switchover/masterSlave")]
    [InlineData("instance/switchover/masterSlave?by=promote")]
    [InlineData("instance/switchover/slaveMaster")]
    public async Task A_login_that_is_refused_is_found_by_the_dry_run_as_by_the_call(string call)
    {
        var cluster = await BothRunning();
        await File.WriteAllTextAsync(cluster.N2.Postgres.InData("pg_hba.conf"), """
            local all all trust
            host  all all 127.0.0.0/8 trust

            """, TestContext.Current.CancellationToken);
        await cluster.N2.Postgres.Execute("SELECT pg_reload_conf()");
        await Alike(cluster, call);
    }

    [Fact]
    public async Task A_rewind_beside_a_primary_without_full_page_writes_is_refused_by_both()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each => each.N1.AddToPostgresConf("full_page_writes = off")));
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await cluster.N2.Postgres.WriteAlone();
        await cluster.WaitForStates("single", "inactive");
        await Alike(cluster, "instance/slave?rejoin=rewind", 2);
    }

    /// <summary>It needs no lock: it can be asked for while something runs, and lets nobody wait.</summary>
    [Fact]
    public async Task What_it_has_checked_is_evidence_of_the_step()
    {
        var cluster = await BothRunning();
        var plan = await cluster.N1.Api.Post("instance/switchover/masterSlave?dryRun=true");
        Assert.Equal(200, plan.Status);
        var steps = plan.Field("steps")!.Value.EnumerateArray().ToArray();
        Assert.Equal("done", steps[0].GetProperty("state").GetString());
        Assert.NotEmpty(steps[0].GetProperty("evidence").GetString()!);
        Assert.Equal("planned", steps[^1].GetProperty("state").GetString());
        Assert.Null(await cluster.N1.Api.LockedBy());
    }

    private static async Task Alike(TestCluster cluster, string call, int node = 1)
    {
        var api = cluster.Nodes[node - 1].Api;
        Answer dry = null!;
        await cluster.AssertUnchanged(async () => dry = await api.Post(call + (call.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "dryRun=true"));
        var real = await api.Post(call);
        real.AssertRefused(409, dry.Code ?? 0);
        Assert.Equal((real.Status, real.Code, real.Hint), (dry.Status, dry.Code, dry.Hint));
    }
}
