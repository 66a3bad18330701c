namespace PgHa.Cluster.Tests.Setup;

public sealed class TokenTests : ClusterTest
{
    private const string Token = "open-sesame-0123456789";

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("open-sesame-012345678")]
    [InlineData("open-sesame-01234567890")]
    public async Task Without_the_right_token_every_call_is_refused(string? token)
    {
        var cluster = await WithTokens();
        foreach (var node in cluster.Nodes) node.Api.Token = token;
        await cluster.AssertUnchanged(() => cluster.Play("""
            GET    N1 instance/current                 → refused 401, code 14
            GET    N1 instance/all                     → refused 401, code 14
            GET    N2 in_recovery                      → refused 401, code 14
            POST   N1 instance/switchover/masterSlave  → refused 401, code 14
            DELETE N2 instance/all                     → refused 401, code 14
            POST   N1 node/promote                     → refused 401, code 14
            """));
    }

    [Fact]
    public async Task With_the_token_agents_serve_operators_and_each_other()
    {
        var cluster = await WithTokens();
        await cluster.Play("""
            GET    N2 instance/all                     → master, slave
            POST   N1 instance/switchover/masterSlave  → slave, master
            DELETE N1 instance/master                  → recovery, inactive
            DELETE N2 instance/all                     → inactive, inactive
            POST   N1 instance/all                     → master, slave
            """);
    }

    [Fact]
    public async Task A_dry_run_never_shows_the_token()
    {
        var cluster = await WithTokens();
        var plan = await cluster.N1.Api.Post("instance/switchover/masterSlave?dryRun=true");
        Assert.DoesNotContain(Token, plan.Body, StringComparison.Ordinal);
        Assert.Contains("$PGHA_TOKEN", plan.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, await File.ReadAllTextAsync(cluster.N1.Agent.LogFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private async Task<TestCluster> WithTokens() => Keep(await TestCluster.AllRunning(prepare: async cluster =>
    {
        foreach (var node in cluster.Nodes)
        {
            await AsPostgres.Run("/bin/sh", "-c", "umask 077; echo \"$0\" >\"$1\"", Token, node.In("token"));
            await node.AddToAgentConfig($"security:\n  token_file: {node.In("token")}");
            node.Api.Token = Token;
        }
    }));
}
