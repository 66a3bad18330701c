using System.Globalization;
using System.Text.Json;
using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>One fault on three machines: clients write throughout, and at the end all is whole again with every acknowledged row, and no anomaly in the lists.</summary>
internal sealed class FaultRun : IAsyncDisposable
{
    private readonly Machines machines;
    private readonly WritingClients writers;
    private readonly ListClients lists;
    private readonly long epoch;
    private readonly int before;
    private bool ended;

    private FaultRun(Machines machines, Machine primary, ListClients lists, long epoch)
    {
        (this.machines, Primary, this.lists, this.epoch) = (machines, primary, lists, epoch);
        before = machines.Cluster.Ledger.Count;
        writers = new(machines.Cluster, TimeSpan.FromMilliseconds(10));
    }

    /// <summary>The primary when it began.</summary>
    public Machine Primary { get; }

    public IReadOnlyList<Machine> Standbys => machines.Except(Primary);

    public Network Network => machines.Network;

    public static async Task<FaultRun> Begin(Machines machines)
    {
        var primary = await machines.Whole();
        var run = new FaultRun(machines, primary, await ListClients.Begin(machines.Cluster, primary.Node), await AutomaticCluster.Epoch(primary.Node));
        await run.Writes(primary);
        return run;
    }

    /// <summary>Waits until rows are acknowledged on a machine from now on.</summary>
    public Task<TimeSpan> Writes(Machine machine, double within = 30)
    {
        var ledger = machines.Cluster.Ledger;
        var now = ledger.CountOn(machine.Node);
        return Wait.Until($"rows are written on {machine.Name}", () => ledger.CountOn(machine.Node) >= now + 10, within);
    }

    /// <summary>Waits until a standby of before serves, and gives it. Says how long it took.</summary>
    public async Task<Machine> Succeeds(double within = 30)
    {
        Machine? next = null;
        var took = await Wait.Until("another machine serves", async () =>
        {
            foreach (var standby in Standbys)
                if (await Seen.AcceptsWrites(standby.Node)) next = standby;
            return next is not null;
        }, within);
        Say($"another one was writable after {Seconds(took)}");
        await Writes(next!);
        Say($"interruption of acknowledged writes {Seconds(machines.Cluster.Ledger.Interruption(Primary.Node, next!.Node, before))}");
        return next!;
    }

    /// <summary>Whether the place is still its own, in the same epoch.</summary>
    public async Task<bool> Stays() => await AutomaticCluster.Epoch(Primary.Node) == epoch;

    /// <summary>Everything is mended; one serves and the others follow it, with every row.</summary>
    /// <param name="failovers">How many epochs may have passed.</param>
    /// <param name="lossy">Rows were lost that a commit without sync cannot keep, and the test has looked at them.</param>
    public async Task<Machine> End(Range failovers, bool lossy = false)
    {
        var primary = await machines.Whole();
        await Writes(primary);
        await DisposeAsync();
        var passed = (int)(await AutomaticCluster.Epoch(primary.Node) - epoch);
        Say($"epochs passed: {passed}; rows acknowledged: {machines.Cluster.Ledger.Count - before}; lists: {lists.History.Transactions.Count(t => t.Fate == Fate.Acknowledged)} transactions");
        await machines.Cluster.Ledger.AssertOnEveryRunningNode();
        if (!lossy)
        {
            machines.Cluster.Ledger.Reigns();
            foreach (var machine in machines.All) Assert.Empty(await lists.Anomalies(machine.Node));
        }
        Assert.InRange(passed, failovers.Start.Value, failovers.End.Value);
        return primary;
    }

    public async ValueTask DisposeAsync()
    {
        if (ended) return;
        ended = true;
        await writers.DisposeAsync();
        await lists.DisposeAsync();
    }

    /// <summary>How many commits the salvages of the old primary hold.</summary>
    public async Task<long> Salvaged()
    {
        var commits = 0L;
        foreach (var salvage in JsonSerializer.Deserialize<JsonElement>((await Primary.Node.Api.Get("salvage")).Body).EnumerateArray())
            commits += JsonSerializer.Deserialize<JsonElement>((await Primary.Node.Api.Get($"salvage/{salvage.GetProperty("id").GetString()}")).Body).GetProperty("commit_count").GetInt64();
        return commits;
    }

    public static void Say(string what) => TestContext.Current.TestOutputHelper?.WriteLine(what);

    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
