using PgHa.Agent.Tests.Plans;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>
/// Somebody who knows nothing, makes a call, and then does what the hints of the refusals say until the call is carried out. Where no call is
/// named that was not made already, what only people can do is done once.
/// </summary>
internal sealed class Operator(TestCluster cluster, Func<Task>? byHand = null)
{
    private const int Patience = 20;
    private readonly List<string> _trail = [];
    private readonly HashSet<string> _stoodHere = [];
    private Func<Task>? _byHand = byHand;

    /// <summary>Follows the hints; fails when they lead in a circle.</summary>
    /// <param name="goal">As in a script: POST N1 instance/master.</param>
    public async Task Reach(string goal)
    {
        var words = goal.Split(' ');
        var wanted = new NamedCall(words[0], cluster.Nodes[words[1][1] - '1'].Name, words[2], false);
        while ((await Follow(wanted, wanted, []))! with { Force = false } != wanted) { }
    }

    /// <summary>Makes a call, or what leads there; the call that was carried out, null after something was done by hand.</summary>
    private async Task<NamedCall?> Follow(NamedCall call, NamedCall goal, HashSet<NamedCall> made)
    {
        made.Add(call);
        var before = await States();
        var answer = await Make(call);
        if (answer.Status == 200 && (call with { Force = false } == goal || before != await States()))
            return call;
        if (answer.Status != 200)
        {
            answer.AssertRefused(answer.Status, answer.Code!.Value);
            if (answer.Hint!.Contains("kill -CONT", StringComparison.Ordinal) && _byHand is not null)
                return await ByHand();
            // Back where it began: what was done in between is done again by the same hints.
            if (call == goal && !_stoodHere.Add($"{before} {answer.Code}") && !answer.Hint!.Contains("repeat the call", StringComparison.Ordinal))
                return await ByHand();
            foreach (var next in NamedCall.In(call, answer.Message!, answer.Hint!).Where(next => next == call || !made.Contains(next)))
                if (await Follow(next, goal, made) is { } carried)
                    return carried;
        }
        return call != goal ? null : await ByHand();
    }

    /// <summary>No hint leads on.</summary>
    private async Task<NamedCall> ByHand()
    {
        Assert.True(_byHand is not null, $"a circle:\n{string.Join('\n', _trail)}");
        await _byHand();
        _byHand = null;
        _stoodHere.Clear(); // it is another place now
        return new("", "", "by hand", false);
    }

    private async Task<string> States() => string.Join(' ', await Task.WhenAll(cluster.Nodes.Where(node => node.Agent.IsRunning).Select(async node => (await node.Api.Get("instance/current")).Body)));

    private async Task<Answer> Make(NamedCall call)
    {
        Assert.True(_trail.Count < Patience, $"no end:\n{string.Join('\n', _trail)}");
        if (!Called(call).Agent.IsRunning)
            return new($"{call}", 502, """{"code":10,"msg":"its agent is away","hint":"bring its agent back"}""", null, default);
        var answer = await Called(call).Api.Send(new HttpMethod(call.Method), call.Target);
        _trail.Add($"{answer}");
        return answer;
    }

    private TestNode Called(NamedCall call) => cluster.Nodes.Single(node => node.Name == call.Node);
}
