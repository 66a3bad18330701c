namespace PgHa.Cluster.Tests.Slots;

public sealed class SlotNamesTests(StoppedPair pair) : ClusterTest, IClassFixture<StoppedPair>
{
    [Theory]
    [InlineData("slot/nobody/all", 1)]
    [InlineData("slot/nobody/lsn", 1)]
    [InlineData("slot/nobody/file", 1)]
    [InlineData("slot/nobody/file/0/1", 1)]
    [InlineData("slot/x/xmin", 2)]
    [InlineData("slot/..%2f..%2fglobal/file", 2)]
    [InlineData("slot/%2e%2e/file", 2)]
    [InlineData("slot/UPPER/file", 2)]
    [InlineData("slot/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/file/0/1", 2)]
    [InlineData("slots/nowhere", 2)]
    [InlineData("../v2/node/slots/..%2f..%2fglobal/file", 2)]
    public async Task An_unknown_slot_is_not_found_and_a_hostile_name_never_leaves_the_folder_of_slots(string path, int code)
    {
        var cluster = Share(pair.Cluster);
        var answer = await cluster.N1.Api.Get(path);
        Assert.True(answer.Status is 404 or 400 && answer.Code == code, answer.ToString());
    }
}
