namespace PgHa.Cluster.Tests.Etcd;

/// <summary>Members that have lost their data: none comes back under its old vote, and each can be replaced.</summary>
public sealed class LostMemberTests : EtcdTest
{
    [Fact]
    public async Task A_node_that_lost_its_data_is_replaced_by_the_call_that_the_refusal_names()
    {
        await using var trio = await EtcdTrio.Running();
        using var client = trio.Client();
        var revision = await Commit(client, Swap("/k", 0, "1"));
        var lost = trio.Members[1];
        var before = (await client.MembersAsync(Bound, Cancel)).Value!.Single(m => m.Name == lost.Name).Id;
        Assert.True(File.Exists(lost.Mark));
        Assert.Equal("/usr/bin/etcd", File.ResolveLinkTarget($"/proc/{lost.Pid}/exe", false)?.FullName); // pgha has become etcd
        Assert.Contains("nothing has to be replaced", await lost.Refusal("replace"), StringComparison.Ordinal);

        await lost.Kill();
        lost.LoseData();
        var said = await lost.Refusal();
        Assert.Contains("its data in", said, StringComparison.Ordinal);
        Assert.Contains($"hint: to let it join again without them: pgha etcd replace --config {lost.ConfigFile}", said, StringComparison.Ordinal);
        lost.Replace();
        await lost.HasLeader();
        var members = (await client.MembersAsync(Bound, Cancel)).Value!;
        Assert.Equal(3, members.Count);
        Assert.NotEqual(before, members.Single(m => m.Name == lost.Name).Id);
        using var there = trio.ClientOf(lost);
        Assert.Equal(revision, (await Read(there, "/k"))?.Revision);

        await lost.Kill(); // its supervisor starts it as ever
        lost.Start();
        await lost.HasLeader();
        await Answers(there);
    }

    [Fact]
    public async Task A_witness_that_lost_all_of_its_state_is_known_by_the_others()
    {
        await using var trio = await EtcdTrio.Running();
        var witness = trio.Members[2];
        await witness.Kill();
        Directory.Delete(witness.State, recursive: true);
        await AsPostgres.Run("/bin/mkdir", witness.State);
        var said = await witness.Refusal();
        Assert.Contains("was a member of the other members' etcd", said, StringComparison.Ordinal);
        Assert.Contains("pgha witness replace --name pg-witness", said, StringComparison.Ordinal);
        Assert.False(File.Exists(witness.Mark));
        witness.Replace();
        await witness.HasLeader();
        Assert.True(File.Exists(witness.Mark));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(witness.Data));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_replacement_that_was_interrupted_goes_on(bool added)
    {
        await using var trio = await EtcdTrio.Running();
        var lost = trio.Members[0];
        await lost.Kill();
        lost.LoseData();
        using var client = trio.ClientOf(trio.Members[1], trio.Members[2]);
        await Answers(client);
        var old = (await client.MembersAsync(Bound, Cancel)).Value!.Single(m => m.Name == lost.Name);
        var removed = await client.RemoveMemberAsync(old.Id, Bound, Cancel);
        Assert.True(removed.IsOk, removed.Outage?.ToString());
        if (added)
            await Wait.Until("the new one is added", async () => (await client.AddMemberAsync(lost.Peer, Bound, Cancel)).IsOk);
        Assert.Contains("pgha etcd replace", await lost.Refusal(), StringComparison.Ordinal);
        lost.Replace();
        await lost.HasLeader();
        Assert.Equal(3, (await client.MembersAsync(Bound, Cancel)).Value!.Count);
    }

    [Fact]
    public async Task Without_living_members_nothing_is_replaced_and_nothing_begins_anew()
    {
        await using var trio = await EtcdTrio.Running();
        foreach (var member in trio.Members) await member.Kill();
        trio.Members[0].LoseData();
        Assert.Contains("was a member of etcd", await trio.Members[0].Refusal(), StringComparison.Ordinal);
        Assert.Empty(Directory.Exists(trio.Members[0].Data) ? Directory.EnumerateFileSystemEntries(trio.Members[0].Data) : []);

        trio.Members[1].Start();
        trio.Members[2].Start();
        trio.Members[0].Replace();
        await trio.Works();
    }

    [Fact]
    public async Task Files_that_are_no_WAL_are_put_aside_by_a_person()
    {
        await using var trio = await EtcdTrio.Files();
        var node = trio.Members[0];
        await AsPostgres.Run("/bin/mkdir", "-p", Path.Combine(node.Data, "member", "snap"));
        foreach (var said in new[] { await node.Refusal(), await node.Refusal("replace") })
            Assert.Contains($"hint: mv {node.Data} {node.Data}.old, then pgha etcd replace", said, StringComparison.Ordinal);
    }
}
