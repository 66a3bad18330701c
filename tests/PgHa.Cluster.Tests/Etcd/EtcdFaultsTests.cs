using System.Diagnostics;
using PgHa.Agent.Etcd;

namespace PgHa.Cluster.Tests.Etcd;

/// <summary>Members that die, freeze, or whose answers are lost.</summary>
public sealed class EtcdFaultsTests : EtcdTest
{
    [Fact]
    public async Task A_frozen_and_a_dead_endpoint_are_passed_by_within_the_bound_of_one_call()
    {
        await using var trio = await EtcdTrio.Running();
        var frozen = trio.Members[0];
        using var client = trio.Client(o => o with { Endpoints = [frozen.Url, new($"http://127.0.0.9:{trio.Port}"), trio.Members[1].Url, trio.Members[2].Url] });
        await Commit(client, Swap("/k", 0, "1"));
        Assert.Equal(frozen.Url, client.Endpoints[0]);
        frozen.Freeze();
        await Answers(client); // it may have led
        client.Dispose();

        using var fresh = trio.Client(o => o with { Endpoints = [frozen.Url, new($"http://127.0.0.9:{trio.Port}"), trio.Members[1].Url, trio.Members[2].Url] });
        var begun = Stopwatch.GetTimestamp();
        var revision = await Commit(fresh, Put("/k", "2"));
        Assert.InRange(Stopwatch.GetElapsedTime(begun), Bound / 3 - TimeSpan.FromMilliseconds(200), Bound * 0.6);
        Assert.Equal([trio.Members[1].Url, trio.Members[2].Url], fresh.Endpoints.Take(2));
        begun = Stopwatch.GetTimestamp();
        Assert.Equal(("2", revision), await Read(fresh, "/k") is { } k ? (k.Text, k.Revision) : default);
        Assert.True(Stopwatch.GetElapsedTime(begun) < Bound / 3);
        frozen.Thaw();
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Without_its_leader_etcd_is_out_for_a_moment_and_forgets_nothing(bool killed)
    {
        await using var trio = await EtcdTrio.Running();
        using var client = trio.Client();
        var revision = await Commit(client, Swap("/k", 0, "1"));
        var leader = await trio.Leader();
        if (killed) await leader.Kill();
        else leader.Freeze();

        var took = await Answers(client);
        TestContext.Current.TestOutputHelper?.WriteLine($"out for {took.TotalSeconds:0.0} s");
        Assert.Equal(("1", revision), await Read(client, "/k") is { } k ? (k.Text, k.Revision) : default);
        await Commit(client, Swap("/k", revision, "2"));
        Assert.NotEqual(leader.Url, client.Endpoints[0]);
        if (killed)
        {
            leader.Start();
            await leader.HasLeader();
        }
        else
        {
            leader.Thaw();
        }
        using var back = trio.ClientOf(leader);
        await Answers(back);
        Assert.Equal("2", (await Read(back, "/k"))?.Text);
    }

    [Fact]
    public async Task Without_more_than_half_of_its_members_etcd_says_nothing()
    {
        await using var trio = await EtcdTrio.Running();
        using var client = trio.Client();
        await Commit(client, Swap("/k", 0, "1"));
        await trio.Members[1].Kill();
        await trio.Members[2].Kill();

        var begun = Stopwatch.GetTimestamp();
        var within = TimeSpan.FromSeconds(3);
        Assert.False((await client.ReadAsync("/k", within, Cancel)).IsOk);
        var written = await client.CommitAsync(Put("/k", "2"), within, Cancel);
        Assert.False(written.IsOk);
        Assert.Contains(trio.Members[1].Url.Authority, written.Outage.Reason, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(begun) < 3 * within);
        await Wait.Until("the last member says that nobody leads", async () => (await client.StatusAsync(trio.Members[0].Url, Bound, Cancel)).Value is { Leader: 0 }, 20);

        trio.Members[1].Start();
        await Answers(client);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_watch_outlives_its_member(bool killed)
    {
        await using var trio = await EtcdTrio.Running();
        using var watching = trio.Client();
        using var writing = trio.ClientOf(trio.Members[1], trio.Members[2], trio.Members[0]);
        var begin = await Commit(writing, Put("/w/a", "0"));
        Assert.Equal(trio.Members[0].Url, watching.Endpoints[0]);
        var seen = new List<string>();
        await foreach (var e in watching.WatchAsync("/w/", begin, TimeSpan.FromSeconds(3), Cancel))
        {
            seen.Add(Words(e));
            if (seen.Count == 1)
            {
                if (killed) await trio.Members[0].Kill();
                else trio.Members[0].Freeze();
                await Answers(writing);
                await Commit(writing, Put("/w/a", "1"));
                await Commit(writing, new([], [new("/w/a", null)]));
            }
            if (seen[^1] == "/w/a is gone") break;
        }
        Assert.Contains("broken", seen);
        Assert.Equal(["/w/a=0", "/w/a=1", "/w/a is gone"], seen.Where(s => s != "broken"));
    }

    [Fact]
    public async Task A_watch_leaves_a_member_that_is_cut_off_from_the_others()
    {
        await using var trio = await EtcdTrio.Running();
        using var watching = trio.Client();
        var begin = await Commit(watching, Put("/w/a", "0"));
        await using var watch = watching.WatchAsync("/w/", begin, TimeSpan.FromSeconds(30), Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel));
        Assert.Equal("/w/a=0", Words(watch.Current)); // it runs
        var next = watch.MoveNextAsync().AsTask();
        trio.Members[1].Freeze(); // the first one answers, and knows no leader any more
        trio.Members[2].Freeze();
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(20), Cancel));
        var broken = Assert.IsType<EtcdEvent.Broken>(watch.Current);
        Assert.Contains("no leader", broken.Why.Reason, StringComparison.Ordinal);
        trio.Members[1].Thaw();
        trio.Members[2].Thaw();
    }

    [Fact]
    public async Task A_lost_answer_leaves_the_swap_visible_through_its_value()
    {
        await using var trio = await EtcdTrio.Running();
        await using var lossy = new LostAnswers(trio.Members[0].Url);
        using var client = trio.Client(o => o with { Endpoints = [lossy.Url] });
        var revision = await Commit(client, Swap("/k", 0, "first"));
        lossy.Loses = true;
        var lost = await client.CommitAsync(Swap("/k", revision, "mine"), TimeSpan.FromSeconds(1), Cancel);
        Assert.False(lost.IsOk);
        Assert.Contains("does not answer in time", lost.Outage.Reason, StringComparison.Ordinal);

        using var other = trio.ClientOf(trio.Members[1]);
        var again = await other.CommitAsync(Swap("/k", revision, "mine, again"), Bound, Cancel);
        Assert.Equal((false, "mine"), (again.Value!.Succeeded, again.Value.Of("/k")?.Text));
    }

    /// <summary>The second copy of a swap fails by the first one, whose answer is lost.</summary>
    [Fact]
    public async Task A_hedged_swap_tells_its_own_first_copy()
    {
        await using var trio = await EtcdTrio.Running();
        await using var lossy = new LostAnswers(trio.Members[0].Url);
        using var client = trio.Client(o => o with { Endpoints = [lossy.Url, trio.Members[1].Url] });
        var revision = await Commit(client, Swap("/k", 0, "first"));
        lossy.Loses = true;
        var result = await client.CommitAsync(Swap("/k", revision, "counter 7"), Bound, Cancel);
        Assert.True(result.IsOk, result.Outage?.ToString());
        Assert.Equal((false, "counter 7"), (result.Value.Succeeded, result.Value.Of("/k")?.Text));
        Assert.Equal(trio.Members[1].Url, client.Endpoints[0]);
    }
}
