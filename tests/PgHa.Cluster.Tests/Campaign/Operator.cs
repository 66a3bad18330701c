using System.Diagnostics;
using System.Text.Json;

namespace PgHa.Cluster.Tests.Campaign;

/// <summary>
/// Heals the cluster after a burst by documented calls alone, without force: README's table "At night", and the hints of refusals.
/// All faults are over and all agents run when it begins.
/// </summary>
internal sealed class Operator(Run run, int choice)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly Dictionary<TestNode, (string State, TimeSpan Since)> seen = [];
    private readonly Queue<(TestNode Node, string Call)> hints = new();
    private int turn;

    public async Task Heal()
    {
        while (true)
        {
            var states = await Look();
            if (IsWhole(states)) return;
            if (states.Values.Count(state => state is "master" or "single") > 1) throw new FindingException($"two nodes are writable: {Words(states)}");
            if (clock.Elapsed > Bound) throw new FindingException($"documented calls do not heal the cluster within {Bound.TotalSeconds} s: {Words(states)}");
            await Act(states);
            await Task.Delay(Pause);
        }
    }

    /// <summary>What all agents say; nothing where they do not say the same.</summary>
    private async Task<Dictionary<TestNode, string>> Look()
    {
        var answers = await Task.WhenAll(run.Cluster.Nodes.Select(node => node.Api.Get("instance/all")));
        var states = run.Cluster.Nodes.ToDictionary(node => node,
            node => answers.Select(answer => answer.State(node) ?? "").Distinct().ToArray() is [var one] ? one : "unlike");
        foreach (var (node, state) in states)
            if (!seen.TryGetValue(node, out var last) || last.State != state) seen[node] = (state, clock.Elapsed);
        return states;
    }

    private static bool IsWhole(Dictionary<TestNode, string> states) =>
        states.Values.Count(state => state == "master") == 1 && states.Values.Count(state => state == "slave") == states.Count - 1;

    private async Task Act(Dictionary<TestNode, string> states)
    {
        if (hints.TryDequeue(out var next))
            await Call(next.Node, next.Call);
        else if (states.FirstOrDefault(pair => pair.Value == "unknown" && Lasts(pair.Key)) is { Key: { } unknown })
            await Unknown(unknown);
        else if (states.Values.Any(state => state is "master" or "single"))
            await BringBack(states);
        else if (states.Values.All(state => state is not ("unknown" or "unlike")) || states.Keys.Any(Lasts))
            await Call(run.Cluster.Nodes[(choice + turn++) % states.Count], "POST instance/all");
    }

    /// <summary>Each node that does not follow, one after the other.</summary>
    private async Task BringBack(Dictionary<TestNode, string> states)
    {
        foreach (var (node, state) in states)
            if (state == "inactive" || (state == "recovery" && Lasts(node)))
                await Call(node, "POST instance/slave");
    }

    /// <summary>README: v2/cluster says why. The hint of every refusal about an unknown server: DELETE instance/current stops it.</summary>
    private async Task Unknown(TestNode node)
    {
        var cluster = await node.Api.GetV2("cluster");
        run.Chronicle.Note($"  operator: N{node.Number} is unknown: {Problem(cluster, node)}");
        await Call(node, "DELETE instance/current");
    }

    private async Task Call(TestNode node, string call)
    {
        run.Chronicle.Note($"operator: N{node.Number} {call}");
        var answer = await Caller.Send(run, node, call + (call.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "timeout=60");
        if (seen.TryGetValue(node, out var last)) seen[node] = last with { Since = clock.Elapsed };
        if (answer is { Status: not 200 }) await Follow(node, answer);
    }

    private async Task Follow(TestNode node, Answer answer)
    {
        if (answer.Code == 8) await Task.Delay(TimeSpan.FromSeconds(1));
        foreach (var next in Hints.Of(run.Cluster, node, answer, choice + turn++))
            hints.Enqueue(next);
    }

    private bool Lasts(TestNode node) => clock.Elapsed - seen[node].Since > Patience;

    private static string? Problem(Answer cluster, TestNode node) => JsonSerializer.Deserialize<JsonElement>(cluster.Body).EnumerateArray()
        .FirstOrDefault(each => each.GetProperty("node").GetString() == node.Name) is { ValueKind: JsonValueKind.Object } facts
        && facts.TryGetProperty("problem", out var problem) ? problem.ToString() : null;

    private static string Words(Dictionary<TestNode, string> states) => string.Join(", ", states.Select(pair => $"N{pair.Key.Number} {pair.Value}"));
}
