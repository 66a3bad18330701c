using System.Globalization;
using PgHa.Agent.Etcd;

namespace PgHa.Cluster.Tests.Etcd;

/// <summary>Calls of an etcd that works.</summary>
public sealed class EtcdCallsTests(EtcdCallsTests.Shared shared) : EtcdTest, IClassFixture<EtcdCallsTests.Shared>
{
    [Fact]
    public async Task Keys_are_read_one_by_one_and_by_their_beginning()
    {
        using var client = shared.Trio.Client();
        var first = await Commit(client, new([], [new("/read/a", Bytes("1")), new("/read/b", Bytes("ü"))]));
        await Commit(client, Put("/reae", "beyond"));

        Assert.Equal(("ü", first), await Read(client, "/read/b") is { } b ? (b.Text, b.Revision) : default);
        Assert.Null(await Read(client, "/read/"));
        var all = await client.ReadPrefixAsync("/read/", 2, Bound, Cancel);
        Assert.Equal(["/read/a", "/read/b"], all.Value!.Entries.Select(e => e.Key));
        Assert.True(all.Value.Revision > first);
        var part = await client.ReadPrefixAsync("/read/", 1, Bound, Cancel);
        Assert.Contains("more than 1 keys", part.Outage?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_is_done_whole_or_not_at_all()
    {
        using var client = shared.Trio.Client();
        var made = await Commit(client, Swap("/txn/a", 0, "1"));
        var again = await client.CommitAsync(Swap("/txn/a", 0, "2"), Bound, Cancel);
        Assert.Equal((false, "1", made), (again.Value!.Succeeded, again.Value.Of("/txn/a")?.Text, again.Value.Of("/txn/a")?.Revision ?? 0));

        var moved = await Commit(client, new([new("/txn/a", made), new("/txn/b", 0)], [new("/txn/a", null), new("/txn/b", Bytes("3"))]));
        Assert.Null(await Read(client, "/txn/a"));
        Assert.Equal(("3", moved), await Read(client, "/txn/b") is { } b ? (b.Text, b.Revision) : default);

        var failed = await client.CommitAsync(new([new("/txn/a", 0), new("/txn/b", made)], [new("/txn/a", Bytes("4"))]), Bound, Cancel);
        Assert.False(failed.Value!.Succeeded);
        Assert.Null(failed.Value.Of("/txn/a"));
        Assert.Equal("3", failed.Value.Of("/txn/b")?.Text);
        Assert.Null(await Read(client, "/txn/a"));
    }

    [Fact]
    public async Task A_watch_sees_what_happened_since_a_revision_in_order()
    {
        using var client = shared.Trio.Client();
        var begin = await Commit(client, Put("/watch/a", "1"));
        await Commit(client, Put("/watch/b", "2"));
        var seen = new List<string>();
        await foreach (var e in client.WatchAsync("/watch/", begin, TimeSpan.FromSeconds(3), Cancel))
        {
            seen.Add(Words(e));
            if (seen.Count == 2)
            {
                await Commit(client, Put("/elsewhere", "x"));
                await Commit(client, new([], [new("/watch/a", null), new("/watch/b", Bytes("3"))]));
            }
            if (seen.Count == 4) break;
        }
        Assert.Equal(["/watch/a=1", "/watch/b=2", "/watch/a is gone", "/watch/b=3"], seen);
    }

    [Fact]
    public async Task A_quiet_watch_is_not_taken_for_a_dead_one()
    {
        using var client = shared.Trio.Client();
        var begin = await Commit(client, Put("/quiet/a", "1"));
        await using var watch = client.WatchAsync("/quiet/", begin + 1, TimeSpan.FromSeconds(1.5), Cancel).GetAsyncEnumerator(Cancel);
        var next = watch.MoveNextAsync().AsTask();
        Assert.NotSame(next, await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(5), Cancel)));
        await Commit(client, Put("/quiet/a", "2"));
        Assert.True(await next.WaitAsync(Bound, Cancel));
        Assert.Equal("/quiet/a=2", Words(watch.Current));
    }

    /// <summary>gRPC servers send clients away that ping too often; .NET pings on its own account.</summary>
    [Fact]
    public async Task A_busy_client_is_not_sent_away()
    {
        const int many = 600;
        using var client = shared.Trio.Client();
        var begin = await Commit(client, Put("/busy/a", "0"));
        var writing = Task.Run(async () =>
        {
            for (var i = 1; i < many; i++) await Commit(client, Put("/busy/a", $"{i}"));
        }, Cancel);
        var seen = new List<string>();
        await foreach (var e in client.WatchAsync("/busy/", begin, TimeSpan.FromSeconds(1.5), Cancel))
        {
            seen.Add(Words(e));
            if (seen.Count == many) break;
        }
        await writing;
        Assert.Equal(Enumerable.Range(0, many).Select(i => $"/busy/a={i}"), seen);
    }

    [Fact]
    public async Task A_watch_ends_where_its_revisions_are_compacted()
    {
        using var client = shared.Trio.Client();
        var begin = await Commit(client, Put("/old", "1"));
        var now = await Commit(client, Put("/old", "2"));
        await shared.Trio.Json("/v3/kv/compaction", string.Create(CultureInfo.InvariantCulture, $$"""{"revision":"{{now}}","physical":true}"""));
        var seen = new List<EtcdEvent>();
        await foreach (var e in client.WatchAsync("/old", begin, TimeSpan.FromSeconds(3), Cancel)) seen.Add(e);
        Assert.Equal([new EtcdEvent.Compacted(now)], seen);
    }

    [Fact]
    public async Task A_watch_is_ended_by_its_caller()
    {
        using var client = shared.Trio.Client();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var begin = await Commit(client, Put("/ended/k", "1")); // what lies before may have been compacted
        await using var watch = client.WatchAsync("/ended/", begin, TimeSpan.FromSeconds(30), end.Token).GetAsyncEnumerator(Cancel);
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Bound, Cancel));
        Assert.Equal("/ended/k=1", Words(watch.Current));
        var next = watch.MoveNextAsync().AsTask();
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Bound, Cancel));
    }

    [Fact]
    public async Task Members_tell_who_they_are()
    {
        using var client = shared.Trio.Client();
        var members = await client.MembersAsync(Bound, Cancel);
        Assert.Equal(["pg-node01", "pg-node02", "pg-witness"], members.Value!.Select(m => m.Name).Order());
        var said = new List<EtcdStatus>();
        foreach (var url in shared.Trio.Options.Endpoints) said.Add((await client.StatusAsync(url, Bound, Cancel)).Value!);
        Assert.Equal(members.Value!.Select(m => m.Id).Order(), said.Select(s => s.Member).Order());
        Assert.Single(said, s => s.Leads);
        Assert.All(said, s => Assert.True(s is { Version: ['3', '.', ..], DatabaseBytes: > 0, Alarms: [], Term: > 1 }));
    }

    [Fact]
    public async Task A_caller_who_gives_up_gets_no_answer()
    {
        using var client = shared.Trio.Client();
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ReadAsync("/k", Bound, gone.Token));
    }

    public sealed class Shared : IAsyncLifetime
    {
        internal EtcdTrio Trio { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Trio = await EtcdTrio.Running();

        public ValueTask DisposeAsync() => Trio.DisposeAsync();
    }
}
