using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Cluster.Tests.Etcd;

namespace PgHa.Cluster.Tests.Leadership;

/// <summary>The record in a real etcd of three members, and a real guard on a real server.</summary>
public sealed class RecordOnEtcdTests : ClusterTest, IDeadline
{
    private static readonly TimeSpan D = TimeSpan.FromSeconds(8), Stop = TimeSpan.FromMilliseconds(300), Call = TimeSpan.FromSeconds(2);
    private readonly CancellationTokenSource _agentEnds = new();
    private GuardClient _guard = null!;
    private TimeSpan _until;

    [Fact]
    public async Task The_holder_serves_on_while_etcd_changes_its_leader_and_is_fenced_before_another_can_take_the_record()
    {
        await using var etcd = await EtcdTrio.Running();
        using var client = etcd.Client();
        await using var guard = _guard = await Guarded();
        var server = Node.Postgres;
        var keeping = Keep(client);
        await Wait.Until("the deadline is confirmed", () => _until > TimeSpan.Zero);

        await (await etcd.Leader()).Kill();
        var elected = await Wait.Until("renewed under another leader", () => _until > GuardClient.Now + TimeSpan.FromSeconds(7.2), 12);
        Assert.True(await server.Serves(), $"fenced although etcd was back after {elected.TotalSeconds:0.0} s");

        // The agent dies; its guard does not.
        await _agentEnds.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => keeping);
        using var other = etcd.Client();
        var took = await Take(other);
        Assert.Empty(server.Processes);
        Assert.True(server.HasStandbySignal);
        Assert.True(GuardClient.Now > _until, "taken before the deadline");
        Assert.Equal(("pg-node02", 2), (took.Own.Node, took.Own.Epoch));
    }

    [Fact]
    public async Task Without_a_quorum_of_etcd_the_server_is_fenced_and_nobody_can_take_the_record()
    {
        await using var etcd = await EtcdTrio.Running();
        using var client = etcd.Client();
        await using var guard = _guard = await Guarded();
        _ = Keep(client);
        await Wait.Until("the deadline is confirmed", () => _until > TimeSpan.Zero);

        etcd.Members[0].Freeze();
        etcd.Members[1].Freeze();
        await Wait.Until("the server is fenced", () => Node.Postgres.Processes.Count == 0, 15);
        Assert.True(GuardClient.Now >= _until);
        var records = Records(client, "other");
        Assert.IsType<RecordAnswer.Outage>(await records.ReadAsync(Call, TestContext.Current.CancellationToken));
        Assert.IsType<RecordAnswer.Outage>(await records.SwapAsync(First("pg-node02") with { Epoch = 2 }, new(1, null), Call, TestContext.Current.CancellationToken));
        etcd.Members[0].Thaw();
        etcd.Members[1].Thaw();
    }

    [Fact]
    public async Task An_emptied_record_and_one_of_an_older_epoch_are_not_taken_for_one_that_ran_out()
    {
        await using var etcd = await EtcdTrio.Running();
        using var client = etcd.Client();
        var records = Records(client, "seen");
        Assert.IsType<RecordAnswer.Absent>(await records.ReadAsync(Call, Cancel));
        Assert.IsType<RecordAnswer.Swapped>(await records.SwapAsync(First("pg-node01") with { Epoch = 5 }, default, Call, Cancel));
        Assert.IsType<RecordAnswer.Stands>(await records.ReadAsync(Call, Cancel));
        const string key = "/pgha/test/primary";

        Assert.True((await client.CommitAsync(new EtcdTxn([], [new(key, null)]), Call, Cancel)).IsOk);
        Assert.IsType<RecordAnswer.Unreadable>(await records.ReadAsync(Call, Cancel));
        Assert.True((await client.CommitAsync(new EtcdTxn([], [new(key, First("pg-node01").Write())]), Call, Cancel)).IsOk);
        Assert.IsType<RecordAnswer.Unreadable>(await Records(client, "seen").ReadAsync(Call, Cancel)); // by the next run of the agent, too
        Assert.IsType<RecordAnswer.Stands>(await Records(client, "new").ReadAsync(Call, Cancel)); // who has seen nothing cannot tell
        Assert.True((await client.CommitAsync(new EtcdTxn([], [new(key, new byte[] { 1, 2 })]), Call, Cancel)).IsOk);
        Assert.IsType<RecordAnswer.Unreadable>(await Records(client, "new").ReadAsync(Call, Cancel));
        await File.WriteAllTextAsync(Path.Combine(Folder, "new"), "{", Cancel);
        Assert.Throws<InvalidDataException>(() => Records(client, "new"));
    }

    [Fact]
    public async Task A_swap_replaces_just_the_text_that_was_seen_and_that_of_another_version_too()
    {
        await using var etcd = await EtcdTrio.Running();
        using var client = etcd.Client();
        var records = Records(client, "seen");
        const string older = """{ "node":"n1", "epoch":1, "boot":"b", "run":"r", "counter":1, "d_milliseconds":8000, "since":"2026-01-01T00:00:00+00:00", "timeline":1, "of_another_version":1 }""";
        Assert.True((await client.CommitAsync(new EtcdTxn([], [new("/pgha/test/primary", System.Text.Encoding.UTF8.GetBytes(older))]), Call, Cancel)).IsOk);
        var stands = Assert.IsType<RecordAnswer.Stands>(await records.ReadAsync(Call, Cancel));

        // As if it was written by another etcd with the same count of revisions.
        Assert.Equal(stands, await records.SwapAsync(First("n2") with { Epoch = 2 }, new(stands.Revision, First("n1").Text), Call, Cancel));
        Assert.IsType<RecordAnswer.Swapped>(await records.SwapAsync(First("n2") with { Epoch = 2 }, stands.Standing, Call, Cancel));
    }

    public async Task<TimeSpan?> SetAsync(TimeSpan until, CancellationToken cancel)
    {
        if (await _guard.Until(until) != "until")
            return null;
        return _until = until;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private TestNode Node { get; set; } = null!;

    private string Folder { get; set; } = Directory.CreateTempSubdirectory("pgha-record").FullName;

    private static PrimaryRecord First(string node) => new() { Node = node, Epoch = 1, Boot = node, Run = "r", Counter = 1, DMilliseconds = 8000, Since = DateTimeOffset.UnixEpoch, Timeline = 1 };

    private EtcdRecords Records(EtcdClient client, string memory) => new(client, "test", new RecordMemoryFile(Path.Combine(Folder, memory)));

    private Task<KeepingEnd> Keep(EtcdClient client) =>
        new RecordKeeper(Records(client, "holder"), this, () => GuardClient.Now, TimeProvider.System).KeepAsync(Holding.Take(First("pg-node01"), default), () => (D, Stop), () => true, _agentEnds.Token);

    /// <summary>As another node does: it looks until the record has run out, as it has seen it, and swaps.</summary>
    private async Task<Holding> Take(EtcdClient client)
    {
        var records = Records(client, "candidate");
        RecordSight? sight = null;
        await Wait.Until("the record has run out", async () =>
        {
            if (await records.ReadAsync(Call, Cancel) is RecordAnswer.Stands stands)
                sight = RecordSight.After(sight, stands, GuardClient.Now);
            return sight?.HasRunOut(GuardClient.Now) == true;
        }, 20);
        var (holding, attempt) = Holding.Take(First("pg-node02") with { Epoch = sight!.Record.Epoch + 1 }, new(sight.Revision, sight.Record.Text)).Send(GuardClient.Now, D);
        (holding, var hold) = holding.Hear(attempt, await records.SwapAsync(attempt.Record, attempt.Before, Call, Cancel));
        Assert.Equal(PgHa.Agent.Leadership.Hold.Renewed, hold);
        return holding;
    }

    private async Task<GuardClient> Guarded()
    {
        var cluster = Keep(await TestCluster.FilesOnly(1));
        Node = cluster.N1;
        return await GuardClient.Beside(Node);
    }
}
