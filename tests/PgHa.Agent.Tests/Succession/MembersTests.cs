using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Succession;

/// <summary>All other nodes are asked, and all have to promise exactly what they were asked for.</summary>
[Trait("Category", "Fast")]
public class MembersTests
{
    private static readonly PrimaryRecord Own = new() { Node = "n1", Epoch = 7, Boot = "boot1", Run = "r", Counter = 1, DMilliseconds = 4000, Since = DateTimeOffset.UnixEpoch, Timeline = 1 };
    private static readonly AgentOptions Options = new()
    {
        Cluster = "test",
        Node = "n1",
        Listen = new("http://n1:8000/"),
        Nodes = [.. new[] { "n1", "n2", "n3" }.Select(n => new NodeOptions(n, new($"http://{n}:8000/"), n, 5432))],
        Postgres = new() { DataDir = "/data" },
        StateDir = "/state",
        Security = new(),
    };

    [Fact]
    public async Task Null_only_where_all_have_promised_exactly_that()
    {
        Func<StayRequest, Answer<StayRequest>> promises = w => w, refuses = _ => new Refusal(Code.WrongState, "it is not set", "set it"), less = w => w with { ForMilliseconds = 1 };
        Assert.Null(await AskAsync(promises, promises));
        Assert.Equal("n3: it is not set", await AskAsync(promises, refuses));
        Assert.Equal("n2: it is not set; n3: it is not set", await AskAsync(refuses, refuses));
        Assert.Equal("n2 has promised something else", await AskAsync(less, promises));
        Assert.Equal("n3 does not answer in time", await AskAsync(promises, null));
    }

    private static Task<string?> AskAsync(Func<StayRequest, Answer<StayRequest>>? second, Func<StayRequest, Answer<StayRequest>>? third)
    {
        var nodes = new ActingNodes([new Node("n1", null), new Node("n2", second), new Node("n3", third)]);
        return new Members(Options, new(() => nodes), TimeProvider.System).AskAsync(Own, TimeSpan.FromSeconds(4), TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
    }

    /// <summary>Null: it never answers.</summary>
    private sealed class Node(string name, Func<StayRequest, Answer<StayRequest>>? answer) : IActingNode
    {
        public string Name => name;

        public async Task<Answer<StayRequest>> PromiseAsync(StayRequest wanted, CancellationToken cancel)
        {
            Assert.Equal(new("n1", 7, "boot1", 4000), wanted);
            if (answer is null)
                await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            return answer!(wanted);
        }

        public Task<StepResult> RunAsync(Step step, StepOrder order, CancellationToken cancel) => throw new NotSupportedException();

        public Task<Answer<LockAnswer>> LockAsync(OperationLock wanted, CancellationToken cancel) => throw new NotSupportedException();

        public Task UnlockAsync(string operation, CancellationToken cancel) => throw new NotSupportedException();
    }
}
