namespace PgHa.Cluster.Tests.Campaign;

/// <summary>Links that are cut or slow.</summary>
internal static class NetworkFaults
{
    public static Move Cut(Random random, World world)
    {
        var one = 1 + random.Next(world.Nodes);
        var other = 1 + ((one + random.Next(world.Nodes - 1)) % world.Nodes);
        var hold = random.Next(500, 12_000);
        return new($"cut N{one} off N{other} for {hold} ms", async run =>
        {
            await run.Field.Network.Cut(one, other);
            await Task.Delay(hold, CancellationToken.None);
            await run.Field.Network.Mend(one, other);
        });
    }

    public static Move CutOff(Random random, World world)
    {
        var (node, hold) = (1 + random.Next(world.Nodes), random.Next(500, 12_000));
        var others = Enumerable.Range(1, world.Nodes).Where(other => other != node).ToArray();
        return new($"cut N{node} off all others for {hold} ms", async run =>
        {
            foreach (var other in others) await run.Field.Network.Cut(node, other);
            await Task.Delay(hold, CancellationToken.None);
            foreach (var other in others) await run.Field.Network.Mend(node, other);
        });
    }

    public static Move Slow(Random random, World world)
    {
        var (node, rate, hold) = (1 + random.Next(world.Nodes), random.Next(1, 20), random.Next(1000, 10_000));
        return new($"N{node} sends {rate} Mbit/s for {hold} ms", async run =>
        {
            await run.Field.Network.Slow(node, $"{rate}mbit");
            await Task.Delay(hold, CancellationToken.None);
            await run.Field.Network.Slow(node, null);
        });
    }
}
