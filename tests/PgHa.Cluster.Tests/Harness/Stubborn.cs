using Npgsql;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>A session that runs and cannot be ended: it waits for a program that it reads from, which hears no SIGTERM, and itself hears it only afterwards.</summary>
internal sealed class Stubborn(NpgsqlConnection session, int program, Task running) : IAsyncDisposable
{
    public int Pid => session.ProcessID;

    public static async Task<Stubborn> On(TestNode node)
    {
        var session = await node.Postgres.Connect();
        await using (var table = new NpgsqlCommand("CREATE TEMP TABLE words (line text)", session))
            await table.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var running = Task.Run(async () =>
        {
            await using var copy = new NpgsqlCommand("COPY words FROM PROGRAM 'trap \"\" TERM; exec sleep 600'", session) { CommandTimeout = 600 };
            await copy.ExecuteNonQueryAsync(CancellationToken.None);
        });
        int[] children = [];
        await Wait.Until("it waits for its program", () => (children = Children(session.ProcessID)).Length == 1);
        return new(session, children[0], running);
    }

    /// <summary>Its program ends, and so it does what it was told meanwhile.</summary>
    public void LetEnd() => Signal.Send(program, Signal.Kill);

    public async ValueTask DisposeAsync()
    {
        LetEnd();
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await session.DisposeAsync();
    }

    private static int[] Children(int pid) =>
        [.. File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
}
