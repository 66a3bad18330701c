using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// <c>primary_conninfo</c>, of which only host, port, passfile and application_name are ours (the operator's sslmode, user and the
/// rest stay as they are), and <c>primary_slot_name</c>.
/// </summary>
internal sealed class UpstreamSetting(AgentOptions options, DataDirectory data, PostgresBinaries binaries, LocalSql sql, UpstreamSlot slots, WalReceiver receivers, PledgeFile pledge, ClusterObserver cluster)
{
    private const string Name = "primary_conninfo";
    private const string SlotSetting = "primary_slot_name";
    private const string ClusterName = "cluster_name";

    /// <summary>Points a stopped server at a node: in postgresql.auto.conf, which wins over the operator's file (fact 6).</summary>
    /// <returns>What is to be said about the slot it streams with, or why it cannot be pointed there.</returns>
    internal async Task<Answer<string>> WriteAsync(string upstream, CancellationToken cancel)
    {
        var settings = await Task.WhenAll(binaries.SettingAsync(Name, cancel), binaries.SettingAsync(SlotSetting, cancel), binaries.SettingAsync(ClusterName, cancel));
        if (settings.FirstOrDefault(s => !s.IsOk).Refusal is { } unread)
            return unread;
        if (RefusePledged() is { } pledged)
            return pledged;
        var (current, currentSlot) = (settings[0].Value!, settings[1].Value!);
        if (await PointAtAsync(upstream, Before(current), settings[2].Value!, cancel) is not { } wanted)
            return Unreadable(Before(current));
        var slot = await slots.ChooseAsync(upstream, currentSlot, cancel);
        if (wanted != current)
            AutoConf.Set(data.AutoConf, Name, wanted);
        if (slot.Name != currentSlot)
            AutoConf.Set(data.AutoConf, SlotSetting, slot.Name);
        return slot.Words;
    }

    /// <summary>Points a running standby at a node, by reload.</summary>
    internal async Task<StepResult> ReloadAsync(string upstream, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return StepResult.Failed(Code.StepFailed, "the server does not run", "start it as a standby");
        if (RefusePledged() is { } pledged)
            return StepResult.Failed(pledged);
        await using var connection = await sql.OpenAsync(server, cancel);
        var current = await LocalSql.ScalarAsync(connection, $"SHOW {Name}", cancel) ?? "";
        if (await PointAtAsync(upstream, Before(current), await LocalSql.ScalarAsync(connection, $"SHOW {ClusterName}", cancel) ?? "", cancel) is not { } wanted)
            return StepResult.Failed(Unreadable(Before(current)));
        var currentSlot = await LocalSql.ScalarAsync(connection, $"SHOW {SlotSetting}", cancel) ?? "";
        var slot = await slots.ChooseAsync(upstream, currentSlot, cancel);
        using var receiver = wanted == current && slot.Name == currentSlot ? null : await receivers.FindAsync(connection, cancel);
        await SetAsync(connection, Name, wanted, cancel);
        if (slot.Name != currentSlot)
            await SetAsync(connection, SlotSetting, slot.Name, cancel);
        await LocalSql.ScalarAsync(connection, "SELECT pg_reload_conf()::text", cancel);
        if (receiver is not null && await receivers.EndAsync(receiver, cancel) is { } receiving)
            return StepResult.Failed(receiving);
        return StepResult.Done($"pointed at {upstream} {slot.Words} and reloaded");
    }

    /// <summary>A pledge has emptied it: the operator's own words stand in its note.</summary>
    private string Before(string current) => current.Length == 0 && pledge.Note is { } note ? note.Upstream : current;

    /// <summary>In automatic mode the right to write is asked before (<c>MayFollowAsync</c>).</summary>
    private Refusal? RefusePledged() => options.Failover.Mode == FailoverMode.Automatic || pledge.Note is not { Withdrawn: false } note ? null
        : new(Code.WrongState, $"{options.Node} has pledged to receive nothing from {note.Holder}, and has not taken that back",
            $"start its agent with failover.mode: automatic until GET v2/cluster/explain on it says nothing of a pledge any more; or, where no other agent runs in automatic mode, stop it and remove {pledge.Path}");

    private Task SetAsync(NpgsqlConnection connection, string name, string value, CancellationToken cancel) =>
        AutoConf.SetRunningAsync(connection, data.AutoConf, name, value, cancel);

    private async Task<string?> PointAtAsync(string upstream, string current, string clusterName, CancellationToken cancel)
    {
        var node = options.Nodes.First(n => n.Name == upstream);
        if (ConnInfo.Parse(current) is not { } info)
            return null;
        var waitedFor = StandbyNames.WaitedFor(await cluster[upstream].ObserveAsync(fresh: true, cancel));
        info.Set("host", node.PostgresHost).Remove("hostaddr")
            .Set("port", node.PostgresPort.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Set("application_name", StandbyNames.Wanted(options.Node, StandbyNames.Announced(info["application_name"], clusterName), waitedFor));
        if (info["user"] is null)
            info.Set("user", options.Postgres.ReplicationUser);
        if (options.Postgres.Passfile is { } passfile)
            info.Set("passfile", passfile);
        return info.ToString();
    }

    private static Refusal Unreadable(string current) => new(Code.WrongState,
        $"primary_conninfo is not in keyword form: {(current.Contains("password", StringComparison.OrdinalIgnoreCase) ? "(hidden, it holds a password)" : current)}",
        "write it as host=… port=… user=…");
}
