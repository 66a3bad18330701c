using System.Collections.Concurrent;
using Npgsql;

namespace PgHa.Agent.Postgres;

/// <summary>Opens connections one by one, without a pool and without reading the type catalogue: everything is asked for as text.</summary>
internal static class OneConnection
{
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ClosedWithin = TimeSpan.FromSeconds(2);
    private static readonly ConcurrentDictionary<string, NpgsqlDataSource> Sources = new();

    internal static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancel) =>
        await Sources.GetOrAdd(connectionString, Create).OpenConnectionAsync(cancel);

    /// <summary>
    /// Waits for an answer until the token is cancelled, and half a second more before it says so: a session must not be closed while a
    /// question is under way, and an agent that was frozen finds its time up and the answer there.
    /// </summary>
    internal static async Task<T> AnswerAsync<T>(Task<T> question, TimeProvider time, CancellationToken bound)
    {
        try
        {
            return await question.WaitAsync(bound);
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAny(question, Task.Delay(Settling, time, CancellationToken.None));
            throw;
        }
    }

    /// <summary>Closes a session whose last question may be unanswered: to close it can wait for the answer for good.</summary>
    internal static async Task CloseAsync(NpgsqlConnection connection, TimeProvider time)
    {
        var closing = Task.Run(async () => await connection.DisposeAsync());
        await Task.WhenAny(closing, Task.Delay(ClosedWithin, time, CancellationToken.None));
    }

    private static NpgsqlDataSource Create(string connectionString)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(connectionString);
        builder.EnableTransportSecurity();
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return builder.Build();
    }
}
