using Npgsql;

namespace PgHa.Cluster.Tests.Safety;

/// <summary>A background worker that commits by itself (a job of pg_cron) while its primary is ended.</summary>
public sealed class BackgroundWorkerTests : ClusterTest
{
    private const string There = "instance/switchover/masterSlave?by=promote";

    private const string Job = """
        CREATE EXTENSION pg_cron;
        CREATE TABLE work (id bigserial);
        CREATE PROCEDURE work() LANGUAGE plpgsql AS $$ BEGIN LOOP INSERT INTO work DEFAULT VALUES; COMMIT; PERFORM pg_sleep(0.002); END LOOP; END $$;
        SELECT cron.schedule('* * * * *', 'CALL work()')
        """;

    /// <summary>Its commits are acknowledged to nobody, but whoever reads has seen them.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task What_was_seen_of_its_work_is_on_the_new_primary_where_it_goes_on()
    {
        Assert.SkipUnless(File.Exists("/usr/lib/postgresql/15/lib/pg_cron.so"), "the package postgresql-15-cron is not installed");
        var cluster = Keep(await TestCluster.AllRunning(prepare: each => Task.WhenAll(each.Nodes.Select(node => node.AddToPostgresConf(
            "shared_preload_libraries = 'pg_cron'\ncron.use_background_workers = on\nmax_worker_processes = 16\nsynchronous_commit = off")))));
        await cluster.N1.Postgres.Execute(Job);
        await Works(cluster.N1);
        await using var reader = await cluster.N1.Postgres.Connect();
        var reading = LastSeen(reader);
        await cluster.Play($"POST N1 {There} → slave, master");
        var seen = await reading;
        Assert.Equal(1, await cluster.N2.Postgres.Ask<long>($"SELECT count(*) FROM work WHERE id = {seen}"));
        await Works(cluster.N2);
    }

    /// <summary>A job begins with the next full minute.</summary>
    private static async Task Works(TestNode node)
    {
        var before = await Rows(node);
        await Wait.Until($"the worker commits on {node.Name}", async () => await Rows(node) > before + 100, 75);
    }

    private static Task<long> Rows(TestNode node) => node.Postgres.Ask<long>("SELECT count(*) FROM work");

    /// <summary>The newest row that was there to be seen before the session was ended.</summary>
    private static async Task<long> LastSeen(NpgsqlConnection session)
    {
        var seen = 0L;
        try
        {
            while (true)
            {
                await using var question = new NpgsqlCommand("SELECT max(id) FROM work", session);
                seen = (long)(await question.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
            }
        }
        catch (NpgsqlException)
        {
            return seen;
        }
    }
}
