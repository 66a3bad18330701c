namespace PgHa.Cluster.Tests.Trouble;

/// <summary>The pair a case begins with; every one is made from a running pair by calls.</summary>
public enum Beginning
{
    Running, StandbyStopped, BothStopped, PrimaryStopped, BothStoppedStandbyBehind, PrimaryStoppedStandbyBehind, FormerPrimaryBehind,
    PartedOnOneTimeline, PartedByPromotion, StandbyEmpty, BothEmpty,
}

/// <summary>One operation: the pair it begins with, the call, and what it makes of the pair.</summary>
/// <param name="Beginning">The pair before.</param>
/// <param name="Call">The call: P is the primary (or the last one), S its standby.</param>
/// <param name="Before">States of P and S before.</param>
/// <param name="After">States of P and S when the goal is reached.</param>
/// <param name="Steps">How many steps it has.</param>
public sealed record CrashScenario(Beginning Beginning, string Call, string Before, string After, int Steps)
{
    /// <summary>Every operation that v1 offers on two nodes, in every form that has other steps.</summary>
    public static IReadOnlyList<CrashScenario> All { get; } =
    [
        new(Beginning.BothStopped, "POST P instance/current", "inactive, inactive", "single, inactive", 1),
        new(Beginning.BothStopped, "POST S instance/current", "inactive, inactive", "inactive, recovery", 1),
        new(Beginning.StandbyStopped, "POST S instance/current", "single, inactive", "single, recovery", 2),
        new(Beginning.BothStopped, "POST P instance/master", "inactive, inactive", "single, inactive", 1),
        new(Beginning.BothStoppedStandbyBehind, "POST S instance/master", "inactive, inactive", "inactive, single", 3),
        new(Beginning.FormerPrimaryBehind, "POST P instance/master", "inactive, inactive", "single, inactive", 4),
        new(Beginning.StandbyStopped, "POST S instance/slave", "single, inactive", "single, recovery", 2),
        new(Beginning.BothStopped, "POST P instance/all", "inactive, inactive", "single, recovery", 3),
        new(Beginning.BothStoppedStandbyBehind, "POST S instance/all", "inactive, inactive", "recovery, single", 5),
        new(Beginning.PrimaryStopped, "POST S instance/failover/restart", "inactive, recovery", "inactive, single", 3),
        new(Beginning.PrimaryStoppedStandbyBehind, "POST S instance/failover/restart", "inactive, recovery", "inactive, single", 4),
        new(Beginning.PrimaryStoppedStandbyBehind, "POST P instance/failover/restart?to=S", "inactive, recovery", "inactive, single", 4),
        new(Beginning.PrimaryStopped, "POST S instance/failover/promote", "inactive, recovery", "inactive, single", 2),
        new(Beginning.PrimaryStopped, "POST S node/promote", "inactive, recovery", "inactive, single", 2),
        new(Beginning.PrimaryStoppedStandbyBehind, "POST S instance/failover/promote", "inactive, recovery", "inactive, single", 5),
        new(Beginning.PrimaryStoppedStandbyBehind, "POST P instance/failover/promote?to=S", "inactive, recovery", "inactive, single", 5),
        new(Beginning.Running, "POST P instance/switchover/masterSlave", "single, recovery", "recovery, single", 9),
        new(Beginning.Running, "POST S instance/switchover/slaveMaster", "single, recovery", "recovery, single", 9),
        new(Beginning.Running, "DELETE P instance/current", "single, recovery", "inactive, recovery", 1),
        new(Beginning.Running, "DELETE S instance/current", "single, recovery", "single, inactive", 1),
        new(Beginning.Running, "DELETE S instance/master", "single, recovery", "inactive, recovery", 1),
        new(Beginning.Running, "DELETE P instance/slave", "single, recovery", "single, inactive", 1),
        new(Beginning.Running, "DELETE P instance/slaveMaster", "single, recovery", "inactive, inactive", 2),
        new(Beginning.Running, "DELETE S instance/masterSlave", "single, recovery", "inactive, inactive", 2),
    ];

    /// <summary>Those that promote a standby while the primary is handed over.</summary>
    public static IReadOnlyList<CrashScenario> ByPromotion { get; } =
    [
        new(Beginning.Running, "POST P instance/switchover/masterSlave?by=promote", "single, recovery", "recovery, single", 9),
        new(Beginning.Running, "POST S instance/switchover/masterSlave?by=promote", "single, recovery", "recovery, single", 9),
    ];

    /// <summary>Those that replace what lies in a data directory.</summary>
    public static IReadOnlyList<CrashScenario> Rebuilding { get; } =
    [
        new(Beginning.PartedByPromotion, "POST S instance/slave?rejoin=rewind", "single, inactive", "single, recovery", 6),
        new(Beginning.PartedOnOneTimeline, "POST S instance/slave?rejoin=reclone", "single, inactive", "single, recovery", 7),
        new(Beginning.StandbyEmpty, "POST S data/clone", "single, inactive", "single, recovery", 4),
    ];

    /// <summary>Those that make a cluster where there is none.</summary>
    public static IReadOnlyList<CrashScenario> Creating { get; } =
    [
        new(Beginning.BothEmpty, "POST P data/init", "inactive, inactive", "single, inactive", 3),
    ];

    /// <inheritdoc />
    public override string ToString() => $"{Call} ({Beginning})";
}

/// <summary>Whose agent is killed.</summary>
public enum Victim
{
    /// <summary>That of the node that was called and carries the operation out.</summary>
    Coordinator,

    /// <summary>That of the other node.</summary>
    Other,
}

/// <summary>When it is killed.</summary>
public enum Moment
{
    /// <summary>Before the step: the operation waits there.</summary>
    Before,

    /// <summary>The step was asked of the other agent, which has not begun it.</summary>
    Asked,

    /// <summary>The step is done, and not yet journaled; the last one of all may be.</summary>
    After,
}

/// <summary>One point of one operation.</summary>
public sealed record CrashPoint(CrashScenario Scenario, int Step, Moment Moment, Victim Victim)
{
    /// <inheritdoc />
    public override string ToString() => $"{Scenario}: {Victim} killed {Moment} step {Step + 1}";
}
