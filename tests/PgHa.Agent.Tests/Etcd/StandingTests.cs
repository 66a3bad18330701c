using PgHa.Agent.Etcd;
using PgHa.Agent.Etcd.Wire;
using PgHa.Agent.Leadership;

namespace PgHa.Agent.Tests.Etcd;

/// <summary>What a swap replaces, as it goes to etcd.</summary>
[Trait("Category", "Fast")]
public sealed class StandingTests
{
    [Fact]
    public void Bytes_that_are_no_text_are_compared_by_their_revision_so_that_they_can_be_written_over()
    {
        Assert.Equal(new Standing(7, null), EtcdEntry.Standing(new("k", new byte[] { 0xC3, 0x28 }, 7)));
        Assert.Equal(new Standing(7, "ü"), EtcdEntry.Standing(new("k", "ü"u8.ToArray(), 7)));
        Assert.Equal(default, EtcdEntry.Standing(null));
    }

    [Fact]
    public void The_text_is_compared_beside_the_revision()
    {
        var both = WireForm.Of(EtcdTxn.Swap("k", new(7, "ü"), "new"u8.ToArray())).Compare;
        Assert.Equal([Compare.Types.CompareTarget.Mod, Compare.Types.CompareTarget.Value], both.Select(c => c.Target));
        Assert.Equal((7, "ü"), (both[0].ModRevision, both[1].Value.ToStringUtf8()));
        Assert.Equal(Compare.Types.CompareTarget.Mod, Assert.Single(WireForm.Of(EtcdTxn.Swap("k", default, "new"u8.ToArray())).Compare).Target);
    }
}
