using PgHa.Client;
using PgHa.Client.Calls;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Client;

/// <summary>What the client makes of an agent's answers.</summary>
[Trait("Category", "Fast")]
public sealed class AgentClientTests
{
    private const string Report = """{"id":"a","goal":"g","coordinator":"n1","state":"done","started":"2026-01-01T00:00:00Z","steps":[]}""";
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_shows_the_token_the_cluster_and_its_operation()
    {
        using var agent = new SpokenTo(_ => SpokenTo.Json("""{"evidence":"done"}"""));
        var done = await agent.Client.StepAsync("follow?upstream=n2", TimeSpan.FromSeconds(5), "op", 7, Cancel);
        Assert.Equal("done", done.Value?.Evidence);
        var heard = Assert.Single(agent.Heard);
        Assert.StartsWith("POST /api/pg/v2/node/follow?upstream=n2 ", heard, StringComparison.Ordinal);
        foreach (var header in new[] { "Authorization: Bearer secret", $"{Routes.OperationHeader}: op", $"{Routes.StepHeader}: 7", $"{Routes.ClusterHeader}: d" })
            Assert.Contains(header, heard, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_the_agents_own()
    {
        using var agent = new SpokenTo(_ => SpokenTo.Json("""{"code":7,"msg":"m","hint":"h"}""", "409 Conflict"));
        Assert.Equal(new Refusal(Code.WrongState, "m", "h"), (await agent.Client.NextStartAsync(Cancel)).Refusal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull"), InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), InlineData("nonsense\r\n\r\n")]
    [InlineData("HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\noops"), InlineData("HTTP/1.1 200 OK\r\nContent-Length: 70000000\r\n\r\n{"), InlineData("HTTP/1.1 302 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(null)]
    public async Task Whatever_else_it_says_it_is_away(string? answer)
    {
        using var agent = new SpokenTo(_ => answer);
        var refusal = (await agent.Client.LastRecordAsync(Cancel)).Refusal;
        Assert.Equal(Code.PeerUnreachable, refusal?.Code);
        Assert.StartsWith($"the agent of n1 at {agent.Address} does not answer: ", refusal?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_refused_is_named()
    {
        using var agent = new SpokenTo(_ => SpokenTo.Json("""{"code":14,"msg":"m","hint":"h"}""", "401 Unauthorized"));
        Assert.Equal(new(Code.PeerUnreachable, "the agent of n1 refuses our token", "use the same security.token_file content on all nodes"), (await agent.Client.OperationsAsync(Cancel)).Refusal);
    }

    [Fact]
    public async Task A_file_that_breaks_off_is_not_whole()
    {
        using var agent = new SpokenTo(_ => "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
        using var file = new MemoryStream();
        Assert.Equal(Code.PeerUnreachable, (await agent.Client.CopyFileAsync("000000010000000000000001", file, Cancel)).Refusal?.Code);
        Assert.Equal("half"u8.ToArray(), file.ToArray());
    }

    [Fact]
    public async Task Who_gives_up_waiting_is_not_told_that_the_agent_is_away()
    {
        using var agent = new SpokenTo(_ => null);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => agent.Client.ClusterAsync(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_change_says_what_came_of_it()
    {
        using var agent = new SpokenTo(_ => SpokenTo.Json("""{"n1":"x","n2":"y"}""" + "\n", headers: "Location: /api/pg/v2/operations/a\r\nX-Pgha-Forced: one\r\nX-Pgha-Hint: two\r\n"));
        var outcome = await agent.Client.CallAsync("POST instance/failover/promote?to=n2", TimeSpan.FromSeconds(9), "key", Cancel);
        Assert.Equal(new Dictionary<string, string> { ["n1"] = "x", ["n2"] = "y" }, outcome.Value?.States);
        Assert.Equal(("/api/pg/v2/operations/a", "one", "two", null), (outcome.Value!.Operation, outcome.Value.Forced, outcome.Value.Hint, outcome.Value.Repeated));
        Assert.StartsWith("POST /api/pg/v1/instance/failover/promote?to=n2&timeout=9 ", agent.Heard[0], StringComparison.Ordinal);
        Assert.Contains("Idempotency-Key: key", agent.Heard[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plans_and_operations_are_typed()
    {
        using var agent = new SpokenTo(heard => SpokenTo.Json(heard.StartsWith("GET /api/pg/v2/operations ", StringComparison.Ordinal) ? $"[{Report}]" : Report));
        var client = agent.Client;
        Assert.Equal("a", Assert.Single((await client.OperationsAsync(Cancel)).Value!).Id);
        Assert.Equal("a", (await client.OperationAsync("a", Cancel)).Value?.Id);
        Assert.Equal("g", (await client.PlanAsync("DELETE instance/all", Cancel)).Value?.Goal);
        Assert.Equal("g", (await client.BeginStepwiseAsync("POST instance/all", null, Cancel)).Value?.Goal);
        Assert.Equal("g", (await client.ChangeAsync("stop", new ClusterChange { Target = "n2", DryRun = true }, null, Cancel)).Value?.Goal);
        Assert.Equal("g", (await client.ResumeAsync("a", 2, null, Cancel)).Value?.Goal);
        Assert.Null(await client.AbandonAsync("a", Cancel));
        Assert.Equal(
            ["GET /api/pg/v2/operations", "GET /api/pg/v2/operations/a", "DELETE /api/pg/v1/instance/all?dryRun=true", "POST /api/pg/v1/instance/all?stepwise=true",
             "POST /api/pg/v2/cluster/stop", "POST /api/pg/v2/operations/a/resume?steps=2", "POST /api/pg/v2/operations/a/abandon"],
            agent.Heard.Select(h => h[..h.IndexOf(" HTTP", StringComparison.Ordinal)]));
    }

    [Fact]
    public async Task A_call_that_is_none_is_a_mistake_of_the_program() =>
        await Assert.ThrowsAsync<ArgumentException>(() => new AgentClient(new AgentPlace("n1", new("http://127.0.0.1:1")) { Time = TimeProvider.System }).PlanAsync("instance/all", Cancel));
}
