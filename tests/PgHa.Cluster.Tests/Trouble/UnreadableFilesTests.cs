using System.Globalization;

namespace PgHa.Cluster.Tests.Trouble;

/// <summary>For a while the agent cannot read what it looks at: the node is unknown, the agent lives, and all is well afterwards.</summary>
public sealed class UnreadableFilesTests : ClusterTest
{
    /// <summary>A server that says itself what it is needs no file for that.</summary>
    [Fact]
    public async Task What_cannot_be_read_is_never_taken_for_nothing_and_ends_nothing()
    {
        var cluster = await BothRunning();
        foreach (var (file, state) in ((string, string)[])[("postmaster.pid", "unknown"), ("PG_VERSION", "master"), ("global/pg_control", "master"), (".", "unknown")])
        {
            var path = cluster.N1.Postgres.InData(file);
            var mode = File.GetUnixFileMode(path);
            File.SetUnixFileMode(path, UnixFileMode.None);
            try
            {
                await cluster.WaitForStates(state, "slave");
                foreach (var call in (string[])["instance/all", "lsn/all", "slots/all", "in_recovery", "walFiles/1/0/0", "salvage"])
                    Assert.True((await cluster.N1.Api.Get(call)).Status < 500);
                (await cluster.N2.Api.Post("instance/failover/promote")).AssertRefused(409, 6);
                Assert.True((await cluster.N1.Api.Post("instance/switchover/masterSlave")).Status is >= 400 and < 500);
                if (file == ".")
                    await Task.Delay(TimeSpan.FromSeconds(11), TestContext.Current.CancellationToken); // what is looked after every ten seconds has its time
                Assert.True(cluster.N1.Agent.IsRunning);
            }
            finally
            {
                File.SetUnixFileMode(path, mode);
            }
            if (file == ".") await cluster.Play("POST N1 instance/all → master, slave"); // a server that had to write meanwhile has ended
            await cluster.WaitForStates("master", "slave");
        }
        await cluster.Play("POST N1 instance/switchover/masterSlave → slave, master");
    }

    /// <summary>A standby whose agent was killed while standby.signal was away must not come up as a second primary, whatever became of the mark.</summary>
    [Fact]
    public async Task Marks_of_a_killed_agent_that_cannot_be_read_do_not_keep_the_next_one_from_starting()
    {
        var cluster = await BothStopped();
        var node = cluster.N2;
        await node.Agent.Stop();
        File.Delete(node.Postgres.InData("standby.signal"));
        foreach (var mark in (string[])["standby-signal-aside", "hand-over"])
        {
            await AsPostgres.Run("/usr/bin/touch", Path.Combine(node.In("state"), mark));
            File.SetUnixFileMode(Path.Combine(node.In("state"), mark), UnixFileMode.None);
        }
        await node.StartAgent();
        Assert.True(node.Postgres.HasStandbySignal);
        await cluster.Play("POST N1 instance/all → master, slave");
    }

    [Fact]
    public async Task A_file_of_any_size_costs_no_memory()
    {
        var cluster = await BothStopped();
        foreach (var file in (string[])["postmaster.pid", "PG_VERSION", "global/pg_control", "postmaster.opts"])
        {
            var path = cluster.N1.Postgres.InData(file);
            var before = File.Exists(path) ? await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken) : null;
            using (var huge = new FileStream(path, FileMode.OpenOrCreate))
                huge.SetLength(2L << 30);
            await AsPostgres.AsRoot("/bin/chown", "postgres:", path);
            foreach (var call in (string[])["instance/all", "lsn/all", "slots/all", "walFiles/1/0/0"])
                Assert.True((await cluster.N1.Api.Get(call)).Status < 500);
            Assert.True((await cluster.N1.Api.Post("instance/master")).Status is >= 400 and < 500);
            if (before is null)
                File.Delete(path);
            else
                await File.WriteAllBytesAsync(path, before, TestContext.Current.CancellationToken);
        }
        var peak = File.ReadLines($"/proc/{cluster.N1.Agent.Pid}/status").First(l => l.StartsWith("VmHWM", StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.InRange(int.Parse(peak, CultureInfo.InvariantCulture), 0, 300_000);
        await cluster.Play("POST N1 instance/all → master, slave");
    }
}
