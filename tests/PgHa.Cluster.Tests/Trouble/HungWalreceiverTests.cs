using System.Net;
using System.Net.Sockets;
using PgHa.Formats.Tests.Support;

namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// A walreceiver connects, and what it asked is never answered: the primary's machine was gone in that moment, and its reset was lost on
/// the way. PostgreSQL has no bound for that. The primary is long back; the standby is brought back by the call for it.
/// </summary>
[Trait("Category", "Long")]
public sealed class HungWalreceiverTests : ClusterTest
{
    [Theory]
    [InlineData("POST N2 instance/slave", true)]
    [InlineData("POST N1 instance/all", false)]
    public async Task The_call_that_waits_for_the_standby_succeeds(string call, bool byHand) => await Follows(await BothRunning(), async cluster =>
    {
        if (byHand) await cluster.N1.Postgres.Start();
        await cluster.Play($"{call} → master, slave");
    });

    /// <summary>It was let in, and is then not told which system this is: to PostgreSQL it streams already, and no timeout counts.</summary>
    [Fact]
    public async Task So_does_one_whose_first_command_is_never_answered() => await Follows(await BothRunning(), async cluster =>
    {
        await cluster.N1.Postgres.Start();
        await cluster.Play("POST N2 instance/slave → master, slave");
    }, greets: true);

    [Theory]
    [InlineData(13), InlineData(14), InlineData(16), InlineData(17), InlineData(18)]
    public async Task It_follows_again_by_itself_on_every_major(int major)
    {
        var pair = Keep(await MajorPair.Stopped(major));
        await pair.Play("POST N1 instance/all → master, slave");
        await Follows(pair, async cluster =>
        {
            cluster.N1.Postgres.BinDir = await Majors.Bin(major);
            await cluster.N1.Postgres.Start();
            await cluster.WaitForStates("master", "slave");
        });
    }

    /// <summary>At first its primary_conninfo becomes ours, so that no later call changes it, which would start another walreceiver.</summary>
    private static async Task Follows(TestCluster cluster, Func<TestCluster, Task> bringBack, bool greets = false)
    {
        await cluster.Play("""
            DELETE N2 instance/current → single, inactive
            POST   N2 instance/slave   → master, slave
            DELETE N1 instance/current → inactive, recovery
            """);
        using var silent = await Taken(cluster, greets);
        await bringBack(cluster);
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>
    /// The connections that were made while nobody else listened at the primary's port, that of the walreceiver among them: they stay open,
    /// and silent, at once or after a greeting.
    /// </summary>
    private static async Task<Silent> Taken(TestCluster cluster, bool greets)
    {
        var silent = new Silent(greets);
        using var listener = new TcpListener(IPAddress.Parse(cluster.N1.Address), cluster.N1.Postgres.Port);
        listener.Start();
        await Wait.Until("the walreceiver waits for an answer", async () =>
        {
            while (listener.Pending()) silent.Take(await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken));
            return await cluster.N2.Postgres.Ask<long>(
                $"SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walreceiver' AND lower(wait_event) = 'libpqwalreceiver{(greets ? "receive" : "connect")}'") == 1;
        });
        while (listener.Pending()) silent.Take(await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken));
        return silent;
    }

    private sealed class Silent(bool greets) : IDisposable
    {
        private readonly List<TcpClient> taken = [];

        public void Take(TcpClient client)
        {
            taken.Add(client);
            if (greets) _ = Greet(client.GetStream());
        }

        public void Dispose() => taken.ForEach(each => each.Dispose());

        /// <summary>No encryption (libpq asks for two kinds), no password, ready for a command.</summary>
        private static async Task Greet(NetworkStream stream)
        {
            var cancel = TestContext.Current.CancellationToken;
            var packet = new byte[4096];
            while (await stream.ReadAsync(packet, cancel) is 8)
                await stream.WriteAsync("N"u8.ToArray(), cancel);
            await stream.WriteAsync("R\0\0\0\b\0\0\0\0Z\0\0\0\u0005I"u8.ToArray(), cancel);
        }
    }
}
