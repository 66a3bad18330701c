namespace PgHa.Cluster.Tests.Campaign;

/// <summary>Servers that somebody else starts: an operator by hand, or a supervisor.</summary>
internal static class HandFaults
{
    /// <summary>As it lies. Nobody starts a node by hand that a force has given up.</summary>
    public static Move Start(Random random, World world)
    {
        var node = 1 + random.Next(world.Nodes);
        return new($"start N{node} by hand", async run =>
        {
            if (run.IsGivenUp(run.Node(node)) || run.Node(node).Postgres.IsRunning) return;
            try
            {
                await run.Node(node).Postgres.Start();
            }
            catch (InvalidOperationException e)
            {
                run.Chronicle.Note($"  N{node} does not start: {e.Message.ReplaceLineEndings(" ")}");
            }
        });
    }

    /// <summary>A loop starts the server again 0.1 s after its end. When it is ended itself the server stays.</summary>
    public static Move Supervise(Random random, World world)
    {
        var (node, hold) = (1 + random.Next(world.Nodes), random.Next(1000, 12_000));
        return new($"a supervisor keeps N{node} running for {hold} ms", async run =>
        {
            if (run.IsGivenUp(run.Node(node))) return;
            var postgres = run.Node(node).Postgres;
            using var loop = AsPostgres.StartLoggedIn(postgres.Namespace, postgres.LogFile, "/bin/sh", "-c",
                "while :; do \"$0\" -D \"$1\"; sleep 0.1; done", Path.Combine(postgres.BinDir, "postgres"), postgres.DataDirectory);
            await Task.Delay(hold, CancellationToken.None);
            Signal.Send(loop.Id, Signal.Kill);
            await loop.WaitForExitAsync(CancellationToken.None);
        });
    }
}
