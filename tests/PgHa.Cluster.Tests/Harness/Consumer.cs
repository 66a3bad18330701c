using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.Internal;
using Npgsql.Replication.PgOutput;
using Npgsql.Replication.PgOutput.Messages;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>
/// A consumer of a logical slot that goes to whichever node is primary, takes what it is given, confirms it at once, and comes back when
/// it is cut off. It never asks for more than its slot gives it.
/// </summary>
internal sealed partial class Consumer : IAsyncDisposable
{
    public const string Publication = "everything";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<long, int> received = new();
    private readonly ConcurrentQueue<string> troubles = new();
    private readonly TestCluster cluster;
    private readonly Task task;

    public Consumer(TestCluster cluster, string slot, string plugin)
    {
        (this.cluster, Slot, Plugin) = (cluster, slot, plugin);
        task = Task.Run(ConsumeUntilStopped);
    }

    public string Slot { get; }

    public string Plugin { get; }

    /// <summary>How often it was connected and received something.</summary>
    public int Sessions { get; private set; }

    public bool Has(long id) => received.ContainsKey(id);

    public int Count => received.Count;

    /// <summary>Every row that was ever acknowledged has come, at least once.</summary>
    public async Task AssertComplete(IReadOnlyCollection<long> acknowledged)
    {
        try
        {
            await Wait.Until($"{Plugin} has received all", () => acknowledged.All(Has), 30);
        }
        catch (TimeoutException)
        {
            var missing = acknowledged.Where(id => !Has(id)).Order().ToArray();
            Assert.Fail($"{Plugin} lacks {missing.Length} of {acknowledged.Count} rows, the first {missing[0]}, the last {missing[^1]}; its troubles:\n{string.Join('\n', troubles.TakeLast(10))}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await task;
        stop.Dispose();
    }

    private async Task ConsumeUntilStopped()
    {
        while (!stop.IsCancellationRequested)
            foreach (var node in cluster.Nodes)
                try
                {
                    if (await IsPrimary(node)) await Consume(node);
                }
                catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or IOException or OperationCanceledException or InvalidOperationException or ObjectDisposedException)
                {
                    troubles.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {node.Name}: {e.Message}");
                    await Task.Delay(Pause, CancellationToken.None);
                }
    }

    private async Task<bool> IsPrimary(TestNode node)
    {
        await using var connection = new NpgsqlConnection(node.Postgres.ConnectionString);
        await connection.OpenAsync(stop.Token);
        await using var command = new NpgsqlCommand("SELECT NOT pg_is_in_recovery()", connection);
        return await command.ExecuteScalarAsync(stop.Token) is true;
    }

    private async Task Consume(TestNode node)
    {
        await using var connection = new LogicalReplicationConnection(node.Postgres.ConnectionString.Replace("Pooling=false;", "", StringComparison.Ordinal))
        {
            WalReceiverStatusInterval = TimeSpan.FromMilliseconds(100),
        };
        await connection.Open(stop.Token);
        if (Plugin == "pgoutput")
            await ConsumePgOutput(connection);
        else
            await ConsumeOther(connection);
    }

    private async Task ConsumePgOutput(LogicalReplicationConnection connection)
    {
        var open = new List<long>();
        var sawAny = false;
        var options = new PgOutputReplicationOptions(Publication, PgOutputProtocolVersion.V1);
        await foreach (var message in connection.StartReplication(new PgOutputReplicationSlot(Slot), options, stop.Token))
        {
            switch (message)
            {
                case InsertMessage insert:
                    open.Add(await FirstColumn(insert));
                    break;
                case CommitMessage commit:
                    Take(open, ref sawAny);
                    connection.SetReplicationStatus(commit.TransactionEndLsn);
                    break;
            }
        }
    }

    /// <summary>Rows count when their transaction has ended: until then nothing is confirmed.</summary>
    private void Take(List<long> open, ref bool sawAny)
    {
        foreach (var id in open) received.AddOrUpdate(id, 1, (_, times) => times + 1);
        open.Clear();
        if (!sawAny) Sessions++;
        sawAny = true;
    }

    private async Task<long> FirstColumn(InsertMessage insert)
    {
        long? id = null;
        await foreach (var value in insert.NewRow.WithCancellation(stop.Token))
        {
            var text = await value.Get<string>(stop.Token);
            id ??= long.Parse(text, CultureInfo.InvariantCulture);
        }
        return id!.Value;
    }

    private async Task ConsumeOther(LogicalReplicationConnection connection)
    {
        var sawAny = false;
        await foreach (var message in connection.StartLogicalReplication(new AnySlot(Slot, Plugin), stop.Token, bypassingStream: false))
        {
            using var bytes = new MemoryStream();
            await message.Data.CopyToAsync(bytes, stop.Token);
            var id = Plugin == "decoderbufs" ? DecoderBufs.FirstNumber(bytes.ToArray()) : TestDecodingId(System.Text.Encoding.UTF8.GetString(bytes.ToArray()));
            if (id is { } row) Take([row], ref sawAny);
            connection.SetReplicationStatus(message.WalEnd);
        }
    }

    private static long? TestDecodingId(string text) =>
        InsertedId().Match(text) is { Success: true } match ? long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"^table public\.ledger: INSERT: id\[bigint\]:(\d+)")]
    private static partial Regex InsertedId();

    private sealed class AnySlot(string name, string plugin) : LogicalReplicationSlot(plugin, new ReplicationSlotOptions(name));
}
