using Google.Protobuf;
using PgHa.Agent.Etcd;
using PgHa.Agent.Etcd.Wire;

namespace PgHa.Agent.Tests.Etcd;

[Trait("Category", "Fast")]
public sealed class WatchFormTests
{
    private static readonly Uri Endpoint = new("http://127.0.0.1:2379");

    [Theory]
    [InlineData(6, true), InlineData(7, false), InlineData(8, false)]
    public void A_member_in_an_older_term_is_left_even_with_events(ulong itsTerm, bool left)
    {
        var answer = Of(new() { Header = new() { RaftTerm = itsTerm }, Events = { Put("k", "v", 3) } });
        Assert.Equal(left, !answer.IsOk);
        if (left)
            Assert.Equal("127.0.0.1:2379 was left behind by the other members: it is in term 6, they are in 7", answer.Outage!.Reason);
        else
            Assert.Equal(("k", "v", 3L), Assert.IsType<EtcdEvent.Put>(Assert.Single(answer.Value!)) is { Entry: var e } ? (e.Key, e.Text, e.Revision) : default);
    }

    [Fact]
    public void Events_are_told_in_their_order_and_a_sign_of_life_is_none()
    {
        var both = Of(new() { Header = Now, Events = { Put("a", "1", 4), new Event { Type = Event.Types.EventType.Delete, Kv = new() { Key = Key("b"), ModRevision = 4 } } } });
        Assert.Equal([4L, 4L], both.Value!.Select(e => e.At));
        Assert.Equal(new EtcdEvent.Deleted("b", 4), both.Value![1]);
        Assert.Empty(Of(new() { Header = Now }).Value!);
    }

    [Fact]
    public void A_watch_that_etcd_ends_says_why()
    {
        Assert.Equal([new EtcdEvent.Compacted(9)], Of(new() { Header = Now, Canceled = true, CompactRevision = 9 }).Value!);
        var denied = Of(new() { Header = Now, Canceled = true, CancelReason = "rpc error: code = PermissionDenied desc = etcdserver: permission denied" });
        Assert.Equal("127.0.0.1:2379: permission denied", denied.Outage?.Reason);
        Assert.Equal("127.0.0.1:2379 has ended the watch: ", Of(new() { Header = Now, Canceled = true }).Outage?.Reason);
    }

    [Fact]
    public void Terms_are_those_of_the_last_answer()
    {
        var term = new EtcdTerm();
        Assert.Equal(0UL, term.Last);
        Assert.Equal("answer", term.Seen("answer", new() { RaftTerm = 7 }));
        Assert.Equal(7UL, term.Last);
        term.Seen("an etcd set up anew", new() { RaftTerm = 2 });
        Assert.Equal(2UL, term.Last);
    }

    private static ResponseHeader Now => new() { RaftTerm = 7 };

    private static EtcdAnswer<IReadOnlyList<EtcdEvent>> Of(WatchResponse response) => WatchForm.Of(Endpoint, response, 7);

    private static Event Put(string key, string value, long revision) => new() { Kv = new() { Key = Key(key), Value = Key(value), ModRevision = revision } };

    private static ByteString Key(string text) => ByteString.CopyFromUtf8(text);
}
