namespace PgHa.Cluster.Tests.Scenarios;

/// <summary>The six test cases of the specification, step for step (its step numbers at the left margin of scenarios.md).</summary>
internal static class SixCases
{
    public static string Named(string name) => All[name];

    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["01 master restart"] = """
            DELETE N1 instance/all          → inactive, inactive
            POST   N1 instance/master       → single, inactive
            insert
            POST   N2 instance/slave        → master, slave
            insert
            DELETE N2 instance/master       → inactive, recovery
            DELETE N2 instance/current      → inactive, inactive
            POST   N1 instance/current      → single, inactive
            insert
            POST   N2 instance/current      → master, slave
            DELETE N1 instance/masterSlave  → inactive, inactive
            """,
        ["02 slave restart"] = """
            DELETE N1 instance/slaveMaster      → inactive, inactive
            POST   N1 instance/all/masterSlave  → master, slave
            insert
            DELETE N1 instance/slave            → single, inactive
            insert
            DELETE N1 instance/current          → inactive, inactive
            POST   N1 instance/current          → single, inactive
            insert
            POST   N2 instance/current          → master, slave
            DELETE N1 instance/slaveMaster      → inactive, inactive
            """,
        ["03 switchover slave to master"] = """
            DELETE N1 instance/slaveMaster             → inactive, inactive
            POST   N1 instance/all/masterSlave         → master, slave
            insert
            POST   N1 instance/switchover/slaveMaster  → slave, master
            DELETE N1 instance/slaveMaster             → inactive, inactive
            """,
        ["04 switchover master to slave"] = """
            DELETE N1 instance/slaveMaster             → inactive, inactive
            POST   N1 instance/all                     → master, slave
            insert
            POST   N1 instance/switchover/masterSlave  → slave, master
            DELETE N1 instance/slaveMaster             → inactive, inactive
            """,
        ["05 failover by restart"] = """
            DELETE N1 instance/all               → inactive, inactive
            POST   N1 instance/master            → single, inactive
            insert
            POST   N2 instance/slave             → master, slave
            insert
            DELETE N2 instance/master            → inactive, recovery
            POST   N2 instance/failover/restart  → inactive, single
            timeline unchanged
            POST   N1 instance/slave             → slave, master
            insert
            DELETE N1 instance/masterSlave       → inactive, inactive
            """,
        ["06 failover by promote"] = """
            DELETE N1 instance/all               → inactive, inactive
            POST   N1 instance/master            → single, inactive
            insert
            POST   N2 instance/slave             → master, slave
            insert
            DELETE N2 instance/master            → inactive, recovery
            POST   N2 instance/failover/promote  → inactive, single
            timeline + 1
            POST   N1 instance/slave             → slave, master
            insert
            DELETE N1 instance/masterSlave       → inactive, inactive
            """,
    };
}
