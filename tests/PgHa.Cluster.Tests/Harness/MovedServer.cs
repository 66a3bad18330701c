namespace PgHa.Cluster.Tests.Harness;

/// <summary>A server that runs while its data directory lies elsewhere than its agent looks for it; ended with the test.</summary>
internal sealed class MovedServer(string from, string place) : IAsyncDisposable
{
    /// <summary>Where the directory is now.</summary>
    public string Place { get; } = place;

    /// <summary>Renames the data directory of a node whose server may run.</summary>
    public static MovedServer Move(TestNode node)
    {
        var moved = new MovedServer(node.Postgres.DataDirectory, node.In("moved"));
        Directory.Move(node.Postgres.DataDirectory, moved.Place);
        return moved;
    }

    public void Back() => Directory.Move(Place, from);

    public async ValueTask DisposeAsync()
    {
        foreach (var pid in ServerProcesses.Of(Place)) Signal.Send(pid, Signal.Quit);
        await Wait.Until("the moved server has ended", () => ServerProcesses.Of(Place).Count == 0);
    }
}
