using Npgsql;

namespace PgHa.Bench;

/// <summary>What the clients do: how many they are, and what one transaction is.</summary>
internal sealed record Load(string Name, int Clients, string Words, bool Synchronous = true, bool Pgbench = false)
{
    /// <summary>Of pgbench's tables at scale 10.</summary>
    private const int Accounts = 1_000_000, Tellers = 100, Branches = 10;

    internal static IReadOnlyList<Load> All { get; } =
    [
        new("one", 1, "1 client, single-row inserts"),
        new("many", 32, "32 clients, single-row inserts"),
        new("pgbench", 8, "8 clients, pgbench's transactions", Pgbench: true),
        new("async", 8, "8 clients, single-row inserts, synchronous_commit = off", Synchronous: false),
    ];

    internal static Load Named(string name) => All.Single(load => load.Name == name);

    /// <summary>One transaction; when it returns, the server has acknowledged it.</summary>
    internal async Task CommitAsync(NpgsqlConnection connection, long id)
    {
        if (Pgbench)
            await TransactAsync(connection, id);
        else
            await ExecuteAsync(connection, "INSERT INTO ledger VALUES ($1)", id);
    }

    /// <summary>TPC-B as pgbench does it, statement by statement; its row in the history is ours in the ledger.</summary>
    private static async Task TransactAsync(NpgsqlConnection connection, long id)
    {
        var (account, teller, branch, delta) = (Random.Shared.Next(1, Accounts + 1), Random.Shared.Next(1, Tellers + 1), Random.Shared.Next(1, Branches + 1), Random.Shared.Next(-5000, 5001));
        await ExecuteAsync(connection, "BEGIN");
        await ExecuteAsync(connection, "UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2", delta, account);
        await ExecuteAsync(connection, "SELECT abalance FROM pgbench_accounts WHERE aid = $1", account);
        await ExecuteAsync(connection, "UPDATE pgbench_tellers SET tbalance = tbalance + $1 WHERE tid = $2", delta, teller);
        await ExecuteAsync(connection, "UPDATE pgbench_branches SET bbalance = bbalance + $1 WHERE bid = $2", delta, branch);
        await ExecuteAsync(connection, "INSERT INTO ledger VALUES ($1)", id);
        await ExecuteAsync(connection, "COMMIT");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params long[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = value });
        await command.ExecuteNonQueryAsync();
    }
}
