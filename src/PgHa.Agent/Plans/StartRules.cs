using System.Diagnostics;
using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Whether a node's next start succeeds at all, where its clients look, and with what a primary needs. Pure.</summary>
public static class StartRules
{
    private const string WalLevel = "wal_level";
    private const string Slots = "max_replication_slots";
    private const string Senders = "max_wal_senders";
    private const string SyncSlots = "sync_replication_slots";

    /// <summary>Why the server would not start in any role, or start where nobody looks; null where nothing stands in the way.</summary>
    public static Refusal? Refuse(NextStart node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node.Error is { } error)
            return new(Code.WrongState, $"the server of {node.Node} would not start again: {error}", $"correct the configuration of {node.Node}, and repeat the call");
        return RefuseObstacle(node) ?? RefusePort(node) ?? RefuseListen(node) ?? RefuseSlots(node) ?? RefuseWalLevel(node) ?? RefuseReserved(node);
    }

    /// <summary>Why it could not serve as primary; null where nothing stands in the way.</summary>
    /// <param name="node">The node.</param>
    /// <param name="standbys">Whether nodes are to follow it.</param>
    public static Refusal? RefuseAsPrimary(NextStart node, bool standbys) => Refuse(node) ?? (standbys ? RefuseServing(node) : null);

    /// <summary>A number among the settings: <see cref="KnownSettings"/> were asked before.</summary>
    internal static int Number(NextStart node, string name) => KnownSettings.Number(node.Settings, name) ?? throw new UnreachableException(name);

    private static Refusal? RefuseServing(NextStart node) => KnownSettings.Refuse(node, WalLevel) ?? KnownSettings.RefuseNumbers(node, Senders)
        ?? (node.Settings[WalLevel] == "minimal" ? SettingWords.Refuse(node, WalLevel, "no standby could follow it", "to replica or logical")
        : Number(node, Senders) == 0 ? SettingWords.Refuse(node, Senders, "no standby could stream from it", "to 10, its default")
        : null);

    private static Refusal? RefuseObstacle(NextStart node) => node.Obstacles is not [var obstacle, ..] ? null : new(Code.WrongState,
        $"the server of {node.Node} would not start again: {obstacle.Setting}: {obstacle.Problem}{(node.Places.GetValueOrDefault(obstacle.Setting) is { } place ? $" ({place})" : "")}",
        $"on {node.Node}: {obstacle.WayOut}, or set {obstacle.Setting} to another value; then repeat the call");

    /// <summary>
    /// What is named and not refused: a stopped server will listen where its address in nodes does not point. Whether something between the
    /// two translates the address (published ports, NAT) cannot be told; it may have run like that.
    /// </summary>
    public static IReadOnlyList<Evidence> Named(NextStart node)
    {
        ArgumentNullException.ThrowIfNull(node);
        Evidence?[] elsewhere =
        [
            KnownSettings.Number(node.Settings, "port") is { } port && port != node.Port && !node.Runs ? new ListensElsewhere(NextSetting.Of(node, "port"), node.Host, node.Port) : null,
            node.Settings.ContainsKey("listen_addresses") && node.Listens == false && !node.Runs ? new ListensElsewhere(NextSetting.Of(node, "listen_addresses"), node.Host, node.Port) : null,
        ];
        return [.. elsewhere.OfType<Evidence>()];
    }

    private static string Looked(NextStart node) => Looked(node.Host, node.Port);

    internal static string Looked(string host, int port) => $"clients and the other nodes look for it at {host}:{port}";

    /// <summary>A running server that has the same port already, beside its address, is reached by other means.</summary>
    private static Refusal? RefusePort(NextStart node) => KnownSettings.RefuseNumbers(node, "port") ?? (Number(node, "port") == node.Port || Stays(node, "port")
        ? null
        : SettingWords.Refuse(node, "port", Looked(node), $"to {node.Port}", $" (or give {node.Node} another address in nodes, on every node)"));

    private static Refusal? RefuseListen(NextStart node) => node.Listens != false ? null : KnownSettings.Refuse(node, "listen_addresses") ?? (Stays(node, "listen_addresses")
        ? null
        : SettingWords.Refuse(node, "listen_addresses", Looked(node), $"to '{node.Host}' or '*'"));

    /// <summary>The running server has it already, or none runs.</summary>
    private static bool Stays(NextStart node, string name) => node.Running.TryGetValue(name, out var now) ? now == node.Settings[name] : !node.Runs;

    private static Refusal? RefuseSlots(NextStart node) => KnownSettings.RefuseNumbers(node, Slots)
        ?? ((node.PhysicalSlots.Count + node.LogicalSlots.Count) is var there && Number(node, Slots) >= there ? null
        : SettingWords.Refuse(node, Slots, $"the server does not start, because {there} slots are on its disk ({string.Join(", ", node.PhysicalSlots.Concat(node.LogicalSlots))})", $"to at least {there}"));

    private static Refusal? RefuseWalLevel(NextStart node)
    {
        if (KnownSettings.Refuse(node, WalLevel) is { } unknown)
            return unknown;
        var level = node.Settings[WalLevel];
        if (level == "logical")
            return null;
        if (node.LogicalSlots.Count > 0)
            return SettingWords.Refuse(node, WalLevel, $"the server does not start with the logical slots on its disk ({string.Join(", ", node.LogicalSlots)})", "to logical");
        if (KnownSettings.Refuse(node, SyncSlots) is { } untold)
            return untold;
        if (node.Settings[SyncSlots] == "on")
            return SettingWords.Refuse(node, WalLevel, "the server does not start with sync_replication_slots = on", "to logical");
        return level == "minimal" ? RefuseMinimal(node) : null;
    }

    private static Refusal? RefuseMinimal(NextStart node)
    {
        if ((KnownSettings.RefuseNumbers(node, Senders) ?? KnownSettings.Refuse(node, "archive_mode", "summarize_wal")) is { } unknown)
            return unknown;
        var why = node.PhysicalSlots.Count > 0 ? $"the physical slots on its disk ({string.Join(", ", node.PhysicalSlots)})"
            : Number(node, Senders) > 0 ? $"max_wal_senders = {node.Settings[Senders]}"
            : node.Settings["archive_mode"] != "off" ? $"archive_mode = {node.Settings["archive_mode"]}"
            : node.Settings["summarize_wal"] == "on" ? "summarize_wal = on"
            : null;
        return why is null ? null : SettingWords.Refuse(node, WalLevel, $"the server does not start with {why}", "to replica or logical");
    }

    private static Refusal? RefuseReserved(NextStart node)
    {
        const string reserved = "superuser_reserved_connections";
        return KnownSettings.RefuseNumbers(node, reserved, "reserved_connections", "max_connections") ?? (Number(node, reserved) + Number(node, "reserved_connections") < Number(node, "max_connections") ? null
            : SettingWords.Refuse(node, reserved, $"the server does not start, because it reserves all connections (max_connections is {node.Settings["max_connections"]})", "to 3, its default"));
    }
}
