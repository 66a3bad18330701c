using System.IO.Pipelines;

namespace PgHa.Cluster.Tests.Calls;

/// <summary>Real segments on their way from one node to another.</summary>
public sealed class WalUploadTests : ClusterTest
{
    /// <summary>N2 stopped early; N1 wrote on over several segments and is stopped, too.</summary>
    private async Task<TestCluster> Behind()
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await WriteSegments(cluster, 3);
        await cluster.Play("DELETE N1 instance/current → inactive, inactive");
        return cluster;
    }

    private static async Task WriteSegments(TestCluster cluster, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await cluster.Ledger.Insert(cluster.N1);
            await cluster.N1.Postgres.Execute("SELECT pg_switch_wal()");
        }
        await cluster.Ledger.Insert(cluster.N1);
    }

    /// <summary>The segments of a node from the one on in which another node's WAL ends.</summary>
    private static async Task<string[]> From(TestNode behind, TestNode ahead)
    {
        var last = (await Lsn(behind, "walFile"))!;
        return [.. ahead.Segments().Where(name => string.CompareOrdinal(name, last) >= 0 && string.CompareOrdinal(name, Lsn(ahead, "walFile").Result) <= 0)];
    }

    private static async Task<string?> Lsn(TestNode node, string field) =>
        (await node.Api.Get("lsn/current")).Field(node.Name)!.Value.GetProperty(field).GetString();

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task A_stopped_standby_replays_what_was_uploaded(bool form)
    {
        var cluster = await Behind();
        var (one, two) = (cluster.N1, cluster.N2);
        var names = await From(two, one);
        Assert.InRange(names.Length, 3, 6);
        foreach (var name in names)
        {
            var bytes = await one.ReadWal(name);
            await two.AssertUploaded(name, bytes, form ? two.UploadForm(name, bytes, HttpMethod.Post) : two.Upload(name, bytes));
        }
        Assert.Equal(await Lsn(one, "lastLsn"), await Lsn(two, "lastLsn"));
        Assert.Equal(await Lsn(one, "endLsn"), await Lsn(two, "endLsn"));
        await two.Postgres.Start();
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task Uploaded_in_any_order_the_WAL_counts_as_soon_as_it_is_without_a_gap()
    {
        var cluster = await Behind();
        var (one, two) = (cluster.N1, cluster.N2);
        var (before, names) = (await Lsn(two, "endLsn"), await From(two, one));
        foreach (var name in names.Reverse())
        {
            Assert.Equal(before, await Lsn(two, "endLsn"));
            var bytes = await one.ReadWal(name);
            await two.AssertUploaded(name, bytes, two.Upload(name, bytes));
        }
        Assert.Equal(await Lsn(one, "endLsn"), await Lsn(two, "endLsn"));
    }

    [Fact]
    public async Task The_next_timeline_needs_its_history_first_and_is_replayed()
    {
        var cluster = await PrimaryStopped();
        await cluster.Play("""
            POST   N2 instance/failover/promote  → inactive, single
            insert
            DELETE N2 instance/current           → inactive, inactive
            """);
        var (one, two) = (cluster.N1, cluster.N2);
        var segment = (await Lsn(two, "walFile"))!;
        Assert.StartsWith("00000002", segment, StringComparison.Ordinal);
        var bytes = await two.ReadWal(segment);
        var refused = await one.Upload(segment, bytes);
        refused.AssertRefused(400, 15);
        Assert.Contains("00000002.history", refused.Hint, StringComparison.Ordinal);
        var history = await two.ReadWal("00000002.history");
        await one.AssertUploaded("00000002.history", history, one.Upload("00000002.history", history));
        await one.AssertUploaded("00000002.history", history, one.UploadForm("00000002.history", history, HttpMethod.Put));
        await one.AssertUploaded(segment, bytes, one.Upload(segment, bytes));
        await File.WriteAllTextAsync(one.Postgres.InData("standby.signal"), "", TestContext.Current.CancellationToken);
        await AsPostgres.Run("/bin/chmod", "644", one.Postgres.DataDirectory + "/postgresql.conf");
        await one.Postgres.Start();
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_history_that_forks_off_before_our_end_or_tells_another_origin_is_refused()
    {
        var cluster = await PrimaryStopped();
        await cluster.Play("""
            POST   N2 instance/failover/promote  → inactive, single
            insert
            DELETE N2 instance/current           → inactive, inactive
            """);
        var two = cluster.N2;
        await two.AssertSameFiles(async () =>
        {
            (await two.Upload("00000002.history", "1\t0/3000000\tanother origin\n"u8.ToArray())).AssertRefused(400, 15);
            (await two.Upload("00000003.history", "1\t0/F000000\tnot through timeline 2\n"u8.ToArray())).AssertRefused(400, 15);
        });
    }

    [Fact]
    public async Task Other_calls_answer_while_a_slow_upload_streams_and_it_ends_well()
    {
        var cluster = await Behind();
        var (one, two) = (cluster.N1, cluster.N2);
        var name = (await From(two, one))[1];
        var bytes = await one.ReadWal(name);
        var (pipe, upload) = Slow(two, name, bytes.Length, TestContext.Current.CancellationToken);
        await pipe.WriteAsync(bytes.AsMemory(0, bytes.Length / 2), TestContext.Current.CancellationToken);
        await Wait.Until("half of it is staged", two.HasStaged);
        await cluster.Play("""
            GET    N2 instance/all      → inactive, inactive
            POST   N1 instance/master   → single, inactive
            DELETE N1 instance/current  → inactive, inactive
            """);
        Assert.Equal(200, (await two.Api.Get("lsn/all")).Status);
        var other = (await From(two, one))[2];
        await two.AssertUploaded(other, await one.ReadWal(other), two.Upload(other, await one.ReadWal(other)));
        await pipe.WriteAsync(bytes.AsMemory(bytes.Length / 2), TestContext.Current.CancellationToken);
        await pipe.CompleteAsync();
        await two.AssertUploaded(name, bytes, upload);
        Assert.False(two.HasStaged());
    }

    [Fact]
    public async Task A_server_started_while_the_upload_streams_keeps_it_out()
    {
        var cluster = await Behind();
        var (one, two) = (cluster.N1, cluster.N2);
        var name = (await From(two, one))[1];
        var bytes = await one.ReadWal(name);
        var (pipe, upload) = Slow(two, name, bytes.Length, TestContext.Current.CancellationToken);
        await pipe.WriteAsync(bytes.AsMemory(0, 100_000), TestContext.Current.CancellationToken);
        await Wait.Until("it is staged", two.HasStaged);
        await two.Postgres.Start();
        await pipe.WriteAsync(bytes.AsMemory(100_000), TestContext.Current.CancellationToken);
        await pipe.CompleteAsync();
        (await upload).AssertRefused(409, 7);
        Assert.False(two.HasStaged());
    }

    [Fact]
    public async Task An_operation_that_runs_on_the_node_keeps_it_out()
    {
        var cluster = await Behind();
        var (one, two) = (cluster.N1, cluster.N2);
        var name = (await From(two, one))[1];
        var bytes = await one.ReadWal(name);
        await cluster.Play("POST N1 instance/all → master, slave");
        await two.Postgres.FreezeChildren();
        (await two.Api.Delete("instance/current?timeout=1")).AssertRefused(504, 9);
        var answer = await two.Upload(name, bytes);
        Assert.Equal(409, answer.Status);
        Assert.Contains(answer.Code, new int?[] { 7, 8 });
        two.Postgres.Thaw();
        await Wait.Until("N2 is stopped", () => !two.Postgres.IsRunning);
    }

    [Fact]
    public async Task An_upload_that_is_broken_off_leaves_nothing()
    {
        var cluster = await Behind();
        var (one, two) = (cluster.N1, cluster.N2);
        var name = (await From(two, one))[1];
        var bytes = await one.ReadWal(name);
        await two.AssertSameFiles(async () =>
        {
            using var broken = new CancellationTokenSource();
            var (pipe, upload) = Slow(two, name, bytes.Length, broken.Token);
            await pipe.WriteAsync(bytes.AsMemory(0, bytes.Length / 2), TestContext.Current.CancellationToken);
            await Wait.Until("half of it is staged", two.HasStaged);
            await broken.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload);
            await Wait.Until("nothing of it is left", () => !two.HasStaged());
        });
    }

    [Fact]
    public async Task What_an_agent_that_crashed_left_behind_is_gone_when_it_is_back()
    {
        var cluster = await Behind();
        var (one, two) = (cluster.N1, cluster.N2);
        var name = (await From(two, one))[1];
        var bytes = await one.ReadWal(name);
        await two.AssertSameFiles(async () =>
        {
            var (pipe, upload) = Slow(two, name, bytes.Length, TestContext.Current.CancellationToken);
            await pipe.WriteAsync(bytes.AsMemory(0, bytes.Length / 2), TestContext.Current.CancellationToken);
            await Wait.Until("half of it is staged", two.HasStaged);
            await two.Agent.Kill();
            await pipe.CompleteAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => upload);
            Assert.True(two.HasStaged());
            await two.StartAgent();
            Assert.False(two.HasStaged());
        });
    }

    [Theory, Trait("Category", "Long")]
    [InlineData(1), InlineData(64)]
    public async Task Segments_of_another_size_are_taken_and_those_of_16_MB_refused(int megabytes)
    {
        var cluster = Keep(await TestCluster.FilesOnly(1));
        var node = cluster.N1;
        Directory.Delete(node.Postgres.DataDirectory, recursive: true);
        await AsPostgres.Postgres("initdb", "-D", node.Postgres.DataDirectory, "-U", "postgres", "-A", "trust", "--no-sync", $"--wal-segsize={megabytes}");
        NodeFiles.WritePostgresConf(node);
        await node.AddToPostgresConf("min_wal_size = 128MB");
        await node.Postgres.Start();
        await node.StartAgent();
        await node.Postgres.Execute($"CREATE TABLE filling AS SELECT i, repeat('x', 500) FROM generate_series(1, {megabytes * 2000}) i");
        await node.Postgres.Execute("SELECT pg_switch_wal()");
        await node.Postgres.Stop();
        var end = await Lsn(node, "endLsn");
        var name = node.Segments()[0];
        var bytes = await node.ReadWal(name);
        Assert.Equal(megabytes << 20, bytes.Length);
        File.Delete(node.Wal(name));
        (await node.Upload(name, new byte[16 << 20])).AssertRefused(400, 15);
        (await node.Upload(name, [.. bytes[..^8192], .. new byte[16384]])).AssertRefused(400, 15);
        await node.AssertUploaded(name, bytes, node.UploadForm(name, bytes, HttpMethod.Post));
        Assert.Equal(end, await Lsn(node, "endLsn"));
        await node.Postgres.Start();
    }

    [Fact]
    public async Task An_upload_needs_the_token()
    {
        var cluster = Keep(await TestCluster.AllStopped(prepare: async each =>
        {
            await AsPostgres.Run("/bin/sh", "-c", "umask 077; echo \"$0\" >\"$1\"", "open-sesame-0123456789", each.N1.In("token"));
            await each.N1.AddToAgentConfig($"security:\n  token_file: {each.N1.In("token")}");
        }));
        var first = cluster.N1.Segments()[0];
        var bytes = await cluster.N1.ReadWal(first);
        await cluster.N1.AssertSameFiles(async () =>
        {
            (await cluster.N1.Upload(first, bytes)).AssertRefused(401, 14);
            (await cluster.N1.UploadForm(first, bytes, HttpMethod.Put)).AssertRefused(401, 14);
            (await cluster.N1.Api.Get($"walFile/{first}")).AssertRefused(401, 14);
        });
    }

    /// <summary>An upload whose bytes come when they are written to the pipe.</summary>
    private static (PipeWriter Pipe, Task<Answer> Upload) Slow(TestNode node, string name, long length, CancellationToken cancel)
    {
        var pipe = new Pipe();
        var body = new StreamContent(pipe.Reader.AsStream());
        body.Headers.ContentLength = length;
        return (pipe.Writer, node.Api.Send(HttpMethod.Post, $"walFile/{name}", body, cancel));
    }
}
