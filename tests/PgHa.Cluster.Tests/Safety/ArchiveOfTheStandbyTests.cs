namespace PgHa.Cluster.Tests.Safety;

/// <summary>A standby with a restore_command asks the archive before it obeys a promotion (fact 17): that is named, and tried before anything stops.</summary>
public sealed class ArchiveOfTheStandbyTests : ClusterTest
{
    private const string Call = "instance/switchover/masterSlave?by=promote";

    [Fact]
    public async Task It_is_named_in_the_plans_and_a_promotion_with_it_loses_nothing()
    {
        var cluster = await WithArchive();
        foreach (var how in new[] { "SELECT pg_wal_replay_pause()", "ALTER SYSTEM SET recovery_min_apply_delay = '1h'", "SELECT pg_reload_conf()" })
            await cluster.N2.Postgres.Execute(how);
        await Wait.Until("all three are named", async () =>
        {
            var plan = (await cluster.N1.Api.Post(Call + "&dryRun=true")).Body;
            return new[] { "restore_command is set on pg-node02", "replay is paused on pg-node02", "recovery_min_apply_delay of pg-node02 is 1h" }.All(plan.Contains);
        });
        foreach (var how in new[] { "SELECT pg_wal_replay_resume()", "ALTER SYSTEM RESET recovery_min_apply_delay", "SELECT pg_reload_conf()" })
            await cluster.N2.Postgres.Execute(how);
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play($"POST N1 {Call} → slave, master");
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Contains("its archive says in", (await cluster.N1.Api.GetV2("operations")).Body, StringComparison.Ordinal);
    }

    /// <summary>Found only when the primary is down it would have kept everybody from writing for as long as it hangs.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task One_that_hangs_is_refused_before_anything_stops()
    {
        var cluster = await WithArchive();
        await AsPostgres.Run("/usr/bin/touch", Hang(cluster));
        await NothingStops(cluster, async () =>
        {
            var answer = await cluster.N1.Api.Post(Call);
            answer.AssertRefused(409, 7);
            Assert.Contains("restore_command of pg-node02 takes longer than", answer.Message, StringComparison.Ordinal);
            Assert.Contains("by restart", answer.Hint, StringComparison.Ordinal);
        });
        Assert.DoesNotContain(Directory.GetFileSystemEntries(cluster.N2.In("state")), path => path.EndsWith("archive-trial", StringComparison.Ordinal));
        await cluster.Play("POST N1 instance/switchover/masterSlave → slave, master"); // which does not ask it
        File.Delete(Hang(cluster));
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>Somebody else archives to the same place: the standby would go over to that timeline as soon as it is alone.</summary>
    [Fact]
    public async Task One_that_leads_to_another_timeline_is_refused_before_anything_stops()
    {
        var cluster = await WithArchive();
        var foreign = await Lay(cluster, "1\\t0/FF000000\\tof somebody else\\n");
        await NothingStops(cluster, async () =>
        {
            var answer = await cluster.N1.Api.Post(Call);
            answer.AssertRefused(409, 13);
            Assert.Contains("holds timeline 2", answer.Message, StringComparison.Ordinal);
        });
        File.Delete(foreign);
        await cluster.Play($"POST N1 {Call} → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>PostgreSQL ends itself when it reads such a file, in the middle of the promotion.</summary>
    [Fact]
    public async Task One_whose_history_cannot_be_read_is_refused_before_anything_stops()
    {
        var cluster = await WithArchive();
        await Lay(cluster, "1\\t0/30");
        await NothingStops(cluster, async () =>
        {
            var answer = await cluster.N1.Api.Post(Call);
            answer.AssertRefused(409, 13);
            Assert.Contains("cannot be read", answer.Message, StringComparison.Ordinal);
        });
        await cluster.Play("POST N1 instance/switchover/masterSlave → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task Nor_is_it_followed_by_a_failover_and_the_way_out_works()
    {
        var cluster = await WithArchive();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates("master", "slave");
        await cluster.Play("DELETE N1 instance/current → inactive, recovery");
        var foreign = await Lay(cluster, "1\\t0/FF000000\\tof somebody else\\n");
        var answer = await cluster.N2.Api.Post("instance/failover/promote");
        answer.AssertRefused(409, 13);
        Assert.Matches("holds timeline 2|pg_wal of pg-node02 holds 00000002.history", answer.Message); // the server may have brought it from there already
        Assert.Contains("out of the archive", answer.Hint, StringComparison.Ordinal);
        File.Delete(foreign);
        await cluster.Play("""
            DELETE N2 instance/current → inactive, inactive
            POST N2 instance/current → inactive, recovery
            POST N2 instance/failover/promote → inactive, single
            insert
            POST N1 instance/slave → slave, master
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_failover_by_restart_does_not_ask_the_archive()
    {
        var cluster = await WithArchive();
        await cluster.Play("DELETE N1 instance/current → inactive, recovery");
        await Lay(cluster, "1\\t0/FF000000\\tof somebody else\\n");
        await cluster.Play("""
            POST N2 instance/failover/restart → inactive, single
            insert
            POST N1 instance/slave → slave, master
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>The old primary would go for that timeline when it starts as standby, and be stranded (PostgreSQL: "requested timeline 2 is not a child of this server's history").</summary>
    [Theory]
    [InlineData("masterSlave", "1\\t0/FF000000\\tof somebody else\\n")]
    [InlineData("slaveMaster", "1\\t0/2000000\\tof a promotion that was given up\\n")]
    [InlineData("masterSlave?by=promote", "1\\t0/2000000\\tof a promotion that was given up\\n")]
    public async Task One_that_would_strand_the_old_primary_is_refused_before_anything_stops(string how, string history)
    {
        var cluster = await WithArchive();
        await cluster.N1.AddToPostgresConf($"restore_command = 'cp {Archive(cluster)}/%f \"%p\"'");
        var foreign = await Lay(cluster, history);
        await NothingStops(cluster, async () =>
        {
            var call = $"instance/switchover/{how}";
            var answer = await cluster.N1.Api.Post(call);
            answer.AssertRefused(409, 13);
            Assert.Contains("pg-node01 would go for it at its start", answer.Message, StringComparison.Ordinal);
            (await cluster.N1.Api.Post($"{call}{(call.Contains('?', StringComparison.Ordinal) ? "&" : "?")}dryRun=true")).AssertRefused(409, 13);
        });
        File.Delete(foreign);
        await cluster.Play($"POST N1 instance/switchover/{how} → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>PostgreSQL ends recovery when the shell cannot run the command: the old primary would not come back.</summary>
    [Theory]
    [InlineData("masterSlave", 1, "/nowhere/bring %f %p")]
    [InlineData("masterSlave?by=promote", 2, "kill -9 $$")]
    public async Task One_whose_command_cannot_run_is_refused_before_anything_stops(string how, int node, string command)
    {
        var cluster = await WithArchive();
        await cluster.Nodes[node - 1].AddToPostgresConf($"restore_command = '{command}'");
        if (node == 2) await cluster.N2.Postgres.Execute("SELECT pg_reload_conf()");
        await NothingStops(cluster, async () =>
        {
            var answer = await cluster.N1.Api.Post($"instance/switchover/{how}");
            answer.AssertRefused(409, 7);
            Assert.Contains($"restore_command of pg-node0{node} ended with code", answer.Message, StringComparison.Ordinal);
        });
        await cluster.Nodes[node - 1].AddToPostgresConf("restore_command = 'false'");
        if (node == 2) await cluster.N2.Postgres.Execute("SELECT pg_reload_conf()");
        await cluster.Play($"POST N1 instance/switchover/{how} → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_stopped_standby_does_not_start_into_it_and_the_way_out_works()
    {
        var cluster = await WithArchive();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        var foreign = await Lay(cluster, "1\\t0/2000000\\tof a promotion that was given up\\n");
        await cluster.Play("""
            POST N2 instance/slave   → refused 409, code 13
            POST N2 instance/current → refused 409, code 13
            """);
        File.Delete(foreign);
        await cluster.Play("POST N2 instance/slave → master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>The timeline that is given up lies in the archive: a copy of the right node would go for it, and end with "requested timeline 2 is not a child of this server's history".</summary>
    [Theory]
    [InlineData("reclone"), InlineData("rewind")]
    public async Task A_node_whose_archived_timeline_is_given_up_is_not_replaced_before_that_is_out_of_the_archive(string form)
    {
        var cluster = await PartedInTheArchive(2);
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var call in (string[])[$"instance/slave?rejoin={form}&dryRun=true", $"instance/slave?rejoin={form}"])
            {
                var answer = await cluster.N2.Api.Post(call);
                answer.AssertRefused(409, 13);
                Assert.Contains("holds timeline 2, which pg-node01 did not go through", answer.Message, StringComparison.Ordinal);
                Assert.Contains("take it out of the archive", answer.Hint, StringComparison.Ordinal);
            }
        });
        await TakeOut(cluster);
        await cluster.Play($"POST N2 instance/slave?rejoin={form} → master, slave");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates("master", "slave");
    }

    /// <summary>That another node went through it is no reason to follow it: it is not the primary's.</summary>
    [Fact]
    public async Task Nor_does_a_third_node_start_into_it()
    {
        var cluster = await PartedInTheArchive(3);
        foreach (var call in (string[])["instance/slave", "instance/current"])
        {
            var answer = await cluster.N3.Api.Post(call);
            answer.AssertRefused(409, 13);
            Assert.Contains("holds timeline 2, which pg-node02 went through, and pg-node01 did not go through", answer.Message, StringComparison.Ordinal);
        }
        await TakeOut(cluster);
        await cluster.Play("""
            POST N3 instance/slave                → master, inactive, slave
            POST N2 instance/slave?rejoin=reclone → master, slave, slave
            """);
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates("master", "slave", "slave");
    }

    /// <summary>
    /// Force has answered for N1, which had gone on writing and archiving on the timeline on which N2 goes on now. N3 gets its WAL from there, and would then stream
    /// from N2 over it: no server notices.
    /// </summary>
    [Fact]
    public async Task WAL_of_another_primary_on_the_same_timeline_is_noticed_and_the_way_out_works()
    {
        var cluster = await WithArchive(3, everywhere: true);
        await cluster.Play("""
            DELETE N3 instance/current → master, slave, inactive
            DELETE N2 instance/current → single, inactive, inactive
            """);
        await cluster.N1.Postgres.Execute("CREATE TABLE given_up AS SELECT 1");
        var segment = await cluster.N1.Postgres.Ask<string>("SELECT pg_walfile_name(pg_switch_wal())");
        await Wait.Until("that is archived", () => File.Exists(Path.Combine(Archive(cluster), segment)));
        await cluster.N1.Agent.Kill();
        await cluster.N1.Postgres.KillAndWait();
        Assert.Equal(200, (await cluster.N2.Api.Post("instance/master?force=true")).Status);
        await cluster.N2.Postgres.Execute("CREATE TABLE kept AS SELECT 1");
        var refused = await cluster.N3.Api.Post("instance/slave");
        Assert.Contains("the archive that restore_command of pg-node03 asks gave it WAL that is not of pg-node02", refused.Message, StringComparison.Ordinal);
        Assert.Contains("rejoin=reclone", refused.Hint, StringComparison.Ordinal);
        Assert.Equal("inactive", (await cluster.N3.Api.Get("instance/all")).State(cluster.N3));
        Assert.Equal(200, (await cluster.N3.Api.Post("instance/slave?rejoin=reclone")).Status);
        await Wait.Until("N3 has what N2 wrote", () => cluster.N3.Postgres.Ask<bool>("SELECT to_regclass('kept') IS NOT NULL AND to_regclass('given_up') IS NULL"), 30);
    }

    /// <summary>N2 was promoted and has archived its timeline; then somebody decided that the data of N1, the old primary, is the right one. N2 and any third node are stopped.</summary>
    private async Task<TestCluster> PartedInTheArchive(int size)
    {
        var cluster = await WithArchive(size, everywhere: true);
        if (size > 2) await cluster.Play("DELETE N3 instance/current → master, slave, inactive");
        var (rest, states) = (size == 2 ? "" : ", inactive", Enumerable.Repeat("inactive", size - 1));
        await cluster.Play($"""
            DELETE N1 instance/current        → inactive, recovery{rest}
            POST N2 instance/failover/promote → inactive, single{rest}
            """);
        await cluster.N2.Postgres.Execute("CREATE TABLE given_up AS SELECT 1");
        await cluster.N2.Postgres.Execute("SELECT pg_switch_wal()");
        await Wait.Until("the new timeline is archived", () => File.Exists(Path.Combine(Archive(cluster), "00000002.history")));
        await cluster.Play($"DELETE N2 instance/current → inactive, inactive{rest}");
        File.Delete(cluster.N1.Postgres.InData("standby.signal"));
        await cluster.N1.Postgres.StartAsPrimary();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates(["single", .. states]);
        return cluster;
    }

    private static async Task TakeOut(TestCluster cluster) => await AsPostgres.Run("/bin/sh", "-c", $"rm {Archive(cluster)}/00000002*");

    private static async Task<string> Lay(TestCluster cluster, string history)
    {
        var path = Path.Combine(Archive(cluster), "00000002.history");
        await AsPostgres.Run("/bin/sh", "-c", $"printf '{history}' >'{path}'");
        return path;
    }

    private static async Task NothingStops(TestCluster cluster, Func<Task> call)
    {
        int?[] before = [.. cluster.Nodes.Select(node => node.Postgres.Pid)];
        await call();
        Assert.Equal(before, cluster.Nodes.Select(node => node.Postgres.Pid));
        await cluster.WaitForStates("master", "slave");
    }

    private async Task<TestCluster> WithArchive(int size = 2, bool everywhere = false)
    {
        var cluster = Keep(await TestCluster.AllRunning(size, async each =>
        {
            await AsPostgres.Run("/bin/mkdir", Archive(each));
            if (everywhere)
            {
                foreach (var node in each.Nodes)
                    await node.AddToPostgresConf($"wal_log_hints = on\narchive_mode = on\narchive_command = 'cp %p {Archive(each)}/%f'\nrestore_command = 'cp {Archive(each)}/%f \"%p\"'");
                return;
            }
            await each.N2.AddToPostgresConf($"restore_command = 'while test -e {Hang(each)}; do sleep 0.05; done; cp {Archive(each)}/%f \"%p\"'");
        }));
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates(["master", .. Enumerable.Repeat("slave", size - 1)]);
        return cluster;
    }

    private static string Archive(TestCluster cluster) => cluster.N2.In("archive");

    private static string Hang(TestCluster cluster) => cluster.N2.In("hang");
}
