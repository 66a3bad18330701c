namespace PgHa.Cluster.Tests.Setup;

/// <summary>The agent starts beside a data directory it cannot use, says so when called, and never touches it.</summary>
public sealed class BadDataDirectoryTests : ClusterTest
{
    [Fact]
    public Task A_missing_data_directory_is_refused() =>
        IsRefused(node => Directory.Delete(node.Postgres.DataDirectory, recursive: true));

    [Fact]
    public Task An_empty_data_directory_is_refused() => IsRefused(Empty);

    [Fact]
    public Task A_data_directory_of_another_major_version_is_refused() =>
        IsRefused(node => File.WriteAllText(node.Postgres.InData("PG_VERSION"), "14\n"));

    [Fact]
    public Task A_data_directory_with_a_broken_control_file_is_refused() => IsRefused(node =>
    {
        using var file = File.OpenWrite(node.Postgres.InData("global/pg_control"));
        file.Position = 100;
        file.Write([0xFF, 0xFF, 0xFF, 0xFF]);
    });

    [Fact]
    public async Task A_data_directory_of_another_cluster_is_refused()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        Directory.Delete(cluster.N2.Postgres.DataDirectory, recursive: true);
        await Template.Initialize(cluster.N2);
        await RefusesN2(cluster);
    }

    [Fact]
    public async Task A_stranger_as_standby_does_not_become_the_master_of_this_cluster()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        Directory.Delete(cluster.N2.Postgres.DataDirectory, recursive: true);
        await Template.Initialize(cluster.N2);
        await File.WriteAllTextAsync(cluster.N2.Postgres.InData("standby.signal"), "", TestContext.Current.CancellationToken);
        await RefusesN2(cluster);
    }

    [Fact]
    public async Task Missing_programs_of_PostgreSQL_are_named()
    {
        var cluster = Keep(await TestCluster.AllStopped(prepare: each => each.N1.ChangeAgentConfig(AsPostgres.BinDir, "/nonexistent/bin")));
        await cluster.AssertUnchanged(async () =>
        {
            var answer = await cluster.N1.Api.Post("instance/master");
            answer.AssertRefused(409, 7);
            Assert.Contains("/nonexistent/bin", answer.Message, StringComparison.Ordinal);
        });
    }

    private async Task IsRefused(Action<TestNode> spoil)
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        spoil(cluster.N2);
        await RefusesN2(cluster);
    }

    private static async Task RefusesN2(TestCluster cluster)
    {
        await cluster.StartAgents();
        await AllCallsAreRefused(cluster, "master");
        await cluster.N1.Postgres.Start();
        await AllCallsAreRefused(cluster, "slave");
        Assert.Equal(200, (await cluster.N1.Api.Get("instance/all")).Status);
        Assert.Equal("single", (await cluster.N1.Api.Get("instance/current")).State(cluster.N1));
    }

    private static Task AllCallsAreRefused(TestCluster cluster, string role) => cluster.AssertUnchanged(async () =>
    {
        await cluster.Play($"POST N2 instance/{role} → refused 409, code 7");
        await cluster.Play("POST N2 instance/current → refused 409, code 7");
    });

    private static void Empty(TestNode node)
    {
        foreach (var folder in Directory.GetDirectories(node.Postgres.DataDirectory)) Directory.Delete(folder, recursive: true);
        foreach (var file in Directory.GetFiles(node.Postgres.DataDirectory)) File.Delete(file);
    }
}
