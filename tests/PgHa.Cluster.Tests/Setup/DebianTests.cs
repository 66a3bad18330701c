namespace PgHa.Cluster.Tests.Setup;

/// <summary>docs/debian.md is true on Debian machines with systemd.</summary>
public sealed class DebianTests
{
    /// <summary>The first time on a machine, the root that the machines boot from has to be made, which takes minutes.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task Each_block_of_the_document_works_on_machines_with_systemd()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/systemd-nspawn"), "machines with systemd need root and systemd-container");
        Assert.Contains("docs/debian.md is true", await AsPostgres.AsRoot(AgentProcess.InRepository("scripts/debian-walkthrough"), "--built"), StringComparison.Ordinal);
    }
}
