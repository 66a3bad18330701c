namespace PgHa.Formats.Tests.Support;

/// <summary>Statements that make WAL records of as many kinds as one session can.</summary>
internal static class Workload
{
    /// <summary>The settings it needs.</summary>
    public const string Settings =
        "wal_level = logical\nmax_prepared_transactions = 5\ntrack_commit_timestamp = on\nwal_log_hints = on\nmax_replication_slots = 8";

    public static async Task Run(Postgres server, int major)
    {
        await server.Sql([.. Tables, .. Indexes, .. Transactions, .. Removals]);
        await server.Sql(major >= 15
            ? ["create database copied strategy file_copy", "create database logged strategy wal_log", "drop database copied"]
            : ["create database copied", "drop database copied"]);
        foreach (var method in await Compressions(server, major))
            await server.Sql("checkpoint", $"set wal_compression = {method}", "update t set v = v || '.' where id % 7 = 0",
                "update big set v = v || 'x'");
        await server.Sql("select pg_create_restore_point('here')", "select pg_switch_wal()");
    }

    /// <summary>The settings of wal_compression that this build knows.</summary>
    public static async Task<string[]> Compressions(Postgres server, int major)
    {
        if (major < 15)
            return ["off", "on"];
        var known = await server.Sql("select unnest(enumvals) from pg_settings where name = 'wal_compression'");
        return [.. known.Split('\n').Where(v => v != "on")];
    }

    private static readonly string[] Tables =
    [
        "create table t(id int primary key, v text, n int)",
        "insert into t select i, repeat(md5(i::text), 1 + i % 20), i % 50 from generate_series(1, 5000) i",
        "create table big(id int, v text)",
        "alter table big alter v set storage external",
        "insert into big select i, repeat(md5(i::text), 2000) from generate_series(1, 20) i",
        "create unlogged table u as select generate_series(1, 100) i",
        "create sequence s",
        "select nextval('s') from generate_series(1, 100)",
        "create table c(id int, v text) with (fillfactor = 70)",
        "copy c from program 'seq 1 3000 | sed s/$/,x/' with (format csv)",
        "analyze t",
    ];

    private static readonly string[] Indexes =
    [
        "create table p(id int, a int[], q point, b box, r int4range, w text)",
        "insert into p select i, array[i % 10, i % 100], point(i % 97, i % 89), box(point(i, i), point(i + 1, i + 1)), int4range(i, i + 5),"
            + " md5(i::text) from generate_series(1, 1000) i",
        "create index on p using hash (id)",
        "create index on p using gin (a) with (gin_pending_list_limit = 64)",
        "create index on p using gist (b)",
        "create index on p using spgist (q)",
        "create index on p using spgist (w)",
        "create index on p using brin (id) with (pages_per_range = 1)",
        "create index on t (n)",
        "insert into p select i, array[i % 10, i % 1000], point(i % 97, i % 89), box(point(i, i), point(i + 1, i + 1)), int4range(i, i + 5),"
            + " md5(i::text) from generate_series(1001, 12000) i",
        "insert into t select i, 'n', i % 50 from generate_series(5001, 12000) i",
        "delete from p where id % 3 = 0 or id between 4000 and 9000",
        "delete from t where id between 1000 and 4000",
        "vacuum p",
        "vacuum t",
        "vacuum (freeze) c",
        "insert into p select i, array[i % 10], point(i % 97, i % 89), box(point(i, i), point(i + 1, i + 1)), int4range(i, i + 5),"
            + " md5(i::text) from generate_series(1, 3000) i",
        "reindex table p",
        "cluster t using t_pkey",
    ];

    private static readonly string[] Transactions =
    [
        "begin", "insert into t values (-1, 'a', 1)", "savepoint a", "insert into t values (-2, 'b', 2)", "release a",
        "savepoint b", "insert into t values (-3, 'c', 2)", "rollback to b", "commit",
        "begin", "update t set v = 'gone' where id < 100", "create table never(i int)", "rollback",
        "begin", "insert into t values (-10, 'p', 1)", "prepare transaction 'kept'",
        "begin", "insert into t values (-11, 'p', 1)", "prepare transaction 'dropped'",
        "commit prepared 'kept'", "rollback prepared 'dropped'",
        "begin", "select id from t where id < 50 for share", "savepoint m", "update t set n = n + 1 where id < 50", "commit",
        "select pg_logical_emit_message(true, 'inside', 'text')", "select pg_logical_emit_message(false, 'outside', repeat('y', 300000))",
        "select pg_replication_origin_create('elsewhere')", "select pg_replication_origin_session_setup('elsewhere')",
        "begin", "select pg_replication_origin_xact_setup('0/1234', now())", "insert into t values (-20, 'o', 1)", "commit",
        "select pg_replication_origin_session_reset()", "select pg_replication_origin_drop('elsewhere')",
        "insert into t values (-1, 'x', 1) on conflict (id) do update set v = 'y'",
        "update t set v = 'hot' where id < 300",
        "update t set id = id + 100000 where id between 300 and 600",
    ];

    private static readonly string[] Removals =
    [
        "vacuum full c", "truncate c", "drop table u", "alter table p drop column w", "vacuum (freeze) t", "checkpoint",
    ];
}
