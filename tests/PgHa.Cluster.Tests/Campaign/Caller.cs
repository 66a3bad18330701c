namespace PgHa.Cluster.Tests.Campaign;

/// <summary>Makes calls and holds every answer to what README says of answers.</summary>
internal static class Caller
{
    /// <summary>A call to an agent that was disturbed so long ago may still fail by that.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(130);

    /// <param name="run">The campaign.</param>
    /// <param name="node">Whose agent is called.</param>
    /// <param name="call">Method, path and, for v2, the body.</param>
    /// <returns>Null where there was no answer because the agent was killed or frozen.</returns>
    public static async Task<Answer?> Send(Run run, TestNode node, string call)
    {
        var words = call.Split(' ', 3);
        try
        {
            var answer = await node.Api.Send(new(words[0]), words[1], words.Length > 2 ? words[2] : null);
            run.Chronicle.Note($"  {answer}");
            Judge(answer);
            return answer;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            run.Chronicle.Note($"  N{node.Number} {call}: no answer ({e.GetType().Name}: {e.Message})");
            if (!run.WasDisturbedWithin(node, Memory)) throw new FindingException($"the agent of N{node.Number} gives no answer to {call}", e);
            return null;
        }
    }

    private static void Judge(Answer answer)
    {
        if (answer.Status is 200 or 202) return;
        if (string.IsNullOrWhiteSpace(answer.Message) || string.IsNullOrWhiteSpace(answer.Hint) || answer.Code is null || (answer.Status == 500 && answer.Code != 9))
            throw new FindingException($"an answer without code, message or hint: {answer}");
    }
}
