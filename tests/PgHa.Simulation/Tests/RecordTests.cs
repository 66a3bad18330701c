namespace PgHa.Simulation;

/// <summary>At no instant may two nodes write, whatever happens to messages, agents, machines and clocks.</summary>
public sealed class RecordTests
{
    private const int Schedules = 8_000;

    [Fact]
    public void Two_nodes_never_may_write_at_once()
    {
        var handed = 0;
        for (var seed = 1; seed <= Schedules; seed++)
        {
            var world = new RecordWorld(seed);
            world.Play(TimeSpan.FromMinutes(2));
            Assert.True(world.Found is null, $"seed {seed}: {world.Found}\n{world.Trace}");
            handed += world.Handed;
        }
        Assert.True(handed > Schedules * 10, $"the record was renewed only {handed} times");
    }
}
