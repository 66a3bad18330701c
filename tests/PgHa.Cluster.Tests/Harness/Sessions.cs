using Npgsql;

namespace PgHa.Cluster.Tests.Harness;

internal static class Sessions
{
    /// <summary>Runs a statement in a session that stays open.</summary>
    public static async Task Run(this NpgsqlConnection session, string sql)
    {
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
