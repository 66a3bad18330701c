using PgHa.Agent.Cluster;

namespace PgHa.Agent.Tests.Plans;

/// <summary>A dry run, which holds no lock, carries out checks: nothing else may pass for one.</summary>
public sealed class CheckStepTests
{
    [Fact]
    public void Only_steps_that_are_called_checks_are_carried_out_by_a_dry_run()
    {
        Type[] steps = [.. typeof(Step).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Step)) && !type.IsAbstract)];
        Assert.Equal(
            ["CheckArchive", "CheckClone", "CheckCreate", "CheckReclone", "CheckRecovery", "CheckRewind", "CheckRole", "CheckUpstream"],
            steps.Where(type => type.IsSubclassOf(typeof(CheckStep))).Select(type => type.Name).Order());
        Assert.False(new LevelSlots("n1", "n2").Checks || new SalvageWal("n1", "n2").Checks || new BringLevel("n1", "n2", []).Checks || new WriteCheckpoint("n1").Checks);
        Assert.True(steps.Length > 20, $"{steps.Length} steps");
    }
}
