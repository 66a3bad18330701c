namespace PgHa.Cluster.Tests.Safety;

/// <summary>A node that follows again has the files it had, whatever the other node has in their places.</summary>
[Trait("Category", "Long")]
public sealed class RejoinedFilesTests : ClusterTest
{
    /// <summary>Each hint is a set of commands that help: after them the same call keeps all that is the node's own.</summary>
    [Theory]
    [InlineData("rewind", "notes.txt", "0644"), InlineData("reclone", OwnNodeFiles.Key, "0640")]
    public async Task What_the_agents_user_may_not_write_is_named_before_anything_stops_and_the_own_files_stay(string form, string file, string mode)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: it gives files to root");
        var cluster = await Parted();
        var (path, folder) = (cluster.N1.Postgres.InData(file), cluster.N1.Postgres.InData("of_root"));
        await AsPostgres.AsRoot("/bin/sh", "-c", "touch \"$0\" && chown root:postgres \"$0\" && chmod \"$1\" \"$0\" && mkdir \"$2\" && touch \"$2/file\"", path, mode, folder);
        Answer? refused = null;
        await cluster.AssertUnchanged(async () => refused = await cluster.N1.Api.Post($"instance/slave?rejoin={form}"));
        Assert.NotNull(refused);
        refused.AssertRefused(409, 7);
        Assert.All([path, folder], p => Assert.Contains($"{p} belongs to root", refused.Message ?? "", StringComparison.Ordinal));
        foreach (var command in Commands(refused))
            await AsPostgres.AsRoot("/bin/sh", "-c", command);
        if (form == "rewind") await RefusesWhatTheSourceCannotRead(cluster);
        var (own, outside) = (cluster.N1.OwnFiles(), File.GetLastWriteTimeUtc(cluster.N1.In("etc/postgresql.conf")));
        await cluster.Play($"POST N1 instance/slave?rejoin={form} → slave, master");
        Assert.Equal(own, cluster.N1.OwnFiles());
        Assert.Equal(outside, File.GetLastWriteTimeUtc(cluster.N1.In("etc/postgresql.conf")));
        foreach (var node in cluster.Nodes)
            Assert.Equal(node.Name, await node.Postgres.PresentedName());
        Assert.Equal("5MB", await cluster.N1.Postgres.Ask<string>("SHOW work_mem"));
        Assert.Equal(cluster.N1.Name, await cluster.N1.Postgres.Ask<string>("SHOW cluster_name"));
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Empty(Directory.GetFileSystemEntries(cluster.N1.In("state"), "rewind*"));
    }

    /// <summary>pg_rewind would find that out half way.</summary>
    private static async Task RefusesWhatTheSourceCannotRead(TestCluster cluster)
    {
        var secret = cluster.N2.Postgres.InData("sub/secret");
        await AsPostgres.AsRoot("/bin/sh", "-c", "touch \"$0\" && chmod 600 \"$0\"", secret);
        Answer? refused = null;
        await cluster.AssertUnchanged(async () => refused = await cluster.N1.Api.Post("instance/slave?rejoin=rewind"));
        Assert.NotNull(refused);
        refused.AssertRefused(409, 7);
        Assert.Contains("sub/secret", refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("on pg-node02: ", refused.Hint, StringComparison.Ordinal);
        await AsPostgres.AsRoot("/bin/chown", "postgres:", secret);
    }

    private static IEnumerable<string> Commands(Answer refused)
    {
        var words = refused.Hint!.Split("; ");
        Assert.StartsWith("on pg-node01: ", words[0], StringComparison.Ordinal);
        Assert.Equal("then repeat the call", words[^1]);
        return words.SkipLast(1).Select(w => w.Replace("on pg-node01: ", "", StringComparison.Ordinal));
    }

    /// <summary>N1 wrote on past the promotion of N2, runs in recovery, and has files of its own.</summary>
    private async Task<TestCluster> Parted()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, c => Task.WhenAll(c.Nodes.Select(async n =>
        {
            await n.AddToPostgresConf("wal_log_hints = on");
            await n.GiveOwnFiles();
        }))));
        await cluster.Part(() => Task.CompletedTask);
        await AsPostgres.Run("/usr/bin/touch", cluster.N1.Postgres.InData("standby.signal"));
        await cluster.N1.Postgres.Start();
        await cluster.WaitForStates("recovery", "single");
        return cluster;
    }
}
