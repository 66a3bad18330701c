namespace PgHa.Formats.Tests.Support;

/// <summary>A stopped PostgreSQL 15 with WAL of many kinds, slots of both kinds, and its start of WAL.</summary>
public sealed class InspectedServer : IAsyncLifetime
{
    private Postgres? _server;

    public Postgres Server => _server!;

    public Lsn Start { get; private set; }

    /// <summary>What the server said of its slots: name, kind, plugin, database, catalog_xmin, restart_lsn, confirmed_flush_lsn, two_phase.</summary>
    public string Slots { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _server = await Postgres.Create(settings: Workload.Settings, initdb: "--data-checksums");
        Start = Server.Control.CheckPoint;
        await Server.Start();
        await Server.Sql(
            "select pg_create_physical_replication_slot('physical', true)",
            "select pg_create_logical_replication_slot('logical', 'test_decoding', false, true)");
        await Workload.Run(Server, 15);
        await Server.Sql("select pg_replication_slot_advance('logical', pg_current_wal_lsn())", "checkpoint");
        Slots = await Server.Sql("select slot_name, slot_type, coalesce(plugin, ''), coalesce(datoid, 0), coalesce(catalog_xmin::text, '0'),"
            + " coalesce(restart_lsn, '0/0'), coalesce(confirmed_flush_lsn, '0/0'), two_phase from pg_replication_slots order by slot_name");
        await Server.Stop();
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? default;
}
