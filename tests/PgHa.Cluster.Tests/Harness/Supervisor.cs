using System.Diagnostics;
using System.Globalization;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>
/// A loop that starts a node's server whenever none runs, as a systemd unit with <c>Restart=always</c> or runit would: behind the agent's back.
/// A server that runs already is not touched: the loop has the next one.
/// </summary>
internal sealed class Supervisor : IAsyncDisposable
{
    private const string Loop = """while true; do "$0" -D "$1" >>"$2" 2>&1; sleep "$3"; done""";
    private readonly Process loop;

    private Supervisor(Process loop) => this.loop = loop;

    /// <summary>The shell that runs the loop.</summary>
    public int Pid => loop.Id;

    /// <summary>Begins the loop. A server that runs is left alone.</summary>
    public static Supervisor Of(TestNode node, double pause = 0.1) => new(AsPostgres.StartLogged(
        node.In("supervisor.log"), "/bin/bash", "-c", Loop, Path.Combine(node.Postgres.BinDir, "postgres"), node.Postgres.DataDirectory, node.Postgres.LogFile,
        pause.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Stops the server and has the loop start it: it is the loop's child from then on.</summary>
    public static async Task<Supervisor> Owning(TestNode node, double pause = 0.1)
    {
        await node.Postgres.Stop();
        var supervisor = Of(node, pause);
        await Answers(node);
        return supervisor;
    }

    /// <summary>The node's server runs and answers.</summary>
    public static Task Answers(TestNode node) => Wait.Until($"the server of {node.Name} answers", async () =>
    {
        try
        {
            await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()");
            return true;
        }
        catch (Exception e) when (e is Npgsql.NpgsqlException or System.Net.Sockets.SocketException or TimeoutException)
        {
            return false;
        }
    }, 30);

    /// <summary>Ends the loop, not the server.</summary>
    public async ValueTask DisposeAsync()
    {
        Signal.Send(loop.Id, Signal.Kill);
        await loop.WaitForExitAsync(CancellationToken.None);
        loop.Dispose();
    }
}
