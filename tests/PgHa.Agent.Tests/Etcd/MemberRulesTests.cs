using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;

namespace PgHa.Agent.Tests.Etcd;

[Trait("Category", "Fast")]
public sealed class MemberRulesTests
{
    private const string Start = "pgha etcd", Replace = "pgha etcd replace";
    private static readonly MemberFacts WithData = new(true, true, true), Empty = new(false, false, false);
    private static readonly EtcdMember[] Members =
    [
        new("n1", new("http://127.0.0.1:2379"), new("http://127.0.0.1:2380")),
        new("n2", new("http://127.0.0.2:2379"), new("http://127.0.0.2:2380")),
        new("w", new("http://127.0.0.3:2379"), new("http://127.0.0.3:2380")),
    ];

    private static readonly MemberPlan Plan = new(Members[1], new() { Members = Members, Endpoints = [] }, "main", "/state/etcd", ["127.0.0.2"]);
    private static readonly EtcdPeer N1 = Peer(1, "n1", 1), N2 = Peer(2, "n2", 2), W = Peer(3, "w", 3);

    [Fact]
    public void A_member_starts_with_its_data_or_as_one_of_a_new_etcd()
    {
        Assert.Null(MemberRules.RefuseStart(WithData, Plan, Replace));
        Assert.Null(MemberRules.RefuseStart(WithData with { WasMember = false }, Plan, Replace));
        Assert.Null(MemberRules.RefuseStart(Empty, Plan, Replace));
    }

    [Theory]
    [InlineData(false, true, "was a member of etcd, and its data in /state/etcd are gone")]
    [InlineData(true, false, "holds files, and none of them is the WAL")]
    [InlineData(true, true, "holds files, and none of them is the WAL")]
    public void Where_there_was_a_member_nothing_begins_anew(bool files, bool was, string message)
    {
        var refused = MemberRules.RefuseStart(new(false, files, was), Plan, Replace)!;
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.EndsWith(Replace, refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_others_know_forbids_a_new_beginning()
    {
        Assert.Null(MemberRules.RefuseNew([N1, N2 with { Clients = [] }, W with { Clients = [] }], Members[1], Replace)); // all begin just now
        Assert.Contains("was a member", MemberRules.RefuseNew([N1, N2, W], Members[1], Replace)?.Message, StringComparison.Ordinal);
        Assert.Contains("has not joined", MemberRules.RefuseNew([N1, N2 with { Name = "", Clients = [] }], Members[1], Replace)?.Message, StringComparison.Ordinal);
        Assert.Contains("none of its members", MemberRules.RefuseNew([N1, W], Members[1], Replace)?.Message, StringComparison.Ordinal);
        Assert.Contains("was a member", MemberRules.RefuseNew([N2 with { Name = "renamed" }], Members[1], Replace)?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replacement_goes_on_from_wherever_it_is()
    {
        Assert.Equal(new Replacing.Remove(2), MemberRules.Next([N1, N2, W], Plan));
        Assert.Equal(new Replacing.Remove(2), MemberRules.Next([N1, N2 with { Clients = [] }, W], Plan));
        Assert.Equal(new Replacing.Remove(2), MemberRules.Next([N1, N2 with { Peers = ["http://127.0.0.9:2380"] }, W], Plan)); // it has moved
        Assert.Equal(new Replacing.Add(), MemberRules.Next([N1, W], Plan));
        Assert.Equal(new Replacing.Join("n1=http://127.0.0.1:2380,w=http://127.0.0.3:2380,n2=http://127.0.0.2:2380"),
            MemberRules.Next([N1, W with { Name = "", Clients = [] }, N2 with { Name = "", Clients = [] }], Plan));
        Assert.Equal(new Replacing.Remove(2), MemberRules.Next([N1, N2 with { Id = 9, Name = "", Clients = [] }, N2, W], Plan));
    }

    [Fact]
    public void Data_that_are_there_are_not_replaced()
    {
        var refused = MemberRules.RefuseReplace(WithData, Plan, Start, Replace)!;
        Assert.Equal("start it with pgha etcd; if etcd cannot use them: mv /state/etcd /state/etcd.old, then pgha etcd replace", refused.Hint);
        Assert.Null(MemberRules.RefuseReplace(Empty with { WasMember = true }, Plan, Start, Replace));
        Assert.Null(MemberRules.RefuseReplace(Empty, Plan, Start, Replace));
    }

    private static EtcdPeer Peer(ulong id, string name, int host) => new(id, name, [$"http://127.0.0.{host}:2380"], [$"http://127.0.0.{host}:2379"]);
}
