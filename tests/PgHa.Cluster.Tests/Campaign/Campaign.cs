using System.Diagnostics;

namespace PgHa.Cluster.Tests.Campaign;

/// <summary>
/// Random calls and faults under writing clients: bursts, after each of which the cluster is healed by documented calls; at the end
/// everything is proven. The seed decides the world and the sequence; the timing is the machine's.
/// </summary>
internal static class Campaign
{
    /// <param name="seed">Decides everything but the timing.</param>
    /// <param name="bursts">How many bursts.</param>
    /// <param name="goOn">Asked before each burst: false ends the campaign early, after its proofs.</param>
    /// <param name="say">Takes what is worth a line.</param>
    public static async Task Play(int seed, int bursts, Func<bool> goOn, Action<string> say)
    {
        var random = new Random(seed);
        var world = World.Draw(seed, random);
        var chronicle = new Chronicle();
        chronicle.Note($"seed {seed}: {world}");
        await using var field = await Field.Make(world);
        var run = new Run(field, chronicle);
        try
        {
            await using (var watch = new WriterWatch(field.Cluster, TimeSpan.FromMilliseconds(4)))
            {
                await using (new WritingClients(field.Cluster, TimeSpan.FromMilliseconds(5)))
                await using (run.Loose)
                {
                    run.Loose.Begin();
                    for (var burst = 1; burst <= bursts && goOn(); burst++)
                    {
                        await Play(run, Burst.Draw(random, world), burst, random.Next(6));
                        watch.AssertOneWriter();
                        field.Cluster.Ledger.Reigns();
                    }
                }
                await Prove(run);
                watch.AssertOneWriter();
            }
            say($"seed {seed}: {world}: {chronicle.Now.TotalSeconds:F0} s, {field.Cluster.Ledger.Count} rows acknowledged, no finding");
        }
        catch (Exception e)
        {
            throw new FindingException(Words(run, seed, e), e);
        }
        finally
        {
            Keep(run, seed);
        }
    }

    private static async Task Play(Run run, IReadOnlyList<Timed> moves, int number, int choice)
    {
        run.Chronicle.Note($"burst {number}: {string.Join("; ", moves.Select(timed => $"+{timed.After.TotalMilliseconds:0} {timed.Move.Words}"))}");
        var under = new List<Task>();
        foreach (var (after, move) in moves)
        {
            await Task.Delay(after, TestContext.Current.CancellationToken);
            run.Chronicle.Note(move.Words);
            under.Add(Task.Run(() => move.Play(run)));
        }
        await Task.WhenAll(under).WaitAsync(TimeSpan.FromSeconds(180), TestContext.Current.CancellationToken);
        foreach (var node in run.Cluster.Nodes)
        {
            SettingFaults.TakeBack(node);
            await ProcessFaults.Revive(run, node);
        }
        var clock = Stopwatch.StartNew();
        await new Operator(run, choice).Heal();
        await run.AllWell();
        run.Chronicle.Note($"healed in {clock.Elapsed.TotalSeconds:F1} s");
    }

    /// <summary>PGHA_CAMPAIGN_LOGS names a folder in which everything is kept.</summary>
    private static void Keep(Run run, int seed)
    {
        if (Environment.GetEnvironmentVariable("PGHA_CAMPAIGN_LOGS") is not { Length: > 0 } logs) return;
        var folder = Directory.CreateDirectory(Path.Combine(logs, $"seed{seed}")).FullName;
        File.WriteAllLines(Path.Combine(folder, "chronicle"), run.Chronicle.Lines);
        foreach (var node in run.Cluster.Nodes)
        {
            File.Copy(node.Agent.LogFile, Path.Combine(folder, $"n{node.Number}-agent.log"), overwrite: true);
            File.Copy(node.Postgres.LogFile, Path.Combine(folder, $"n{node.Number}-postgres.log"), overwrite: true);
        }
    }

    private static async Task Prove(Run run)
    {
        await new Operator(run, 0).Heal();
        await Proofs.SameData(run);
        await Proofs.SoundTables(run);
        await Proofs.SoundFiles(run);
    }

    private static string Words(Run run, int seed, Exception e) => $"""
        {e.Message}
        --- to play it again: PGHA_CAMPAIGN_SEED={seed} with the test {nameof(CampaignTests)}
        --- {e.GetType().Name}
        {e.StackTrace}
        --- what happened
        {string.Join('\n', run.Chronicle.Lines)}
        {Report.Of(run.Cluster)}
        """;
}
