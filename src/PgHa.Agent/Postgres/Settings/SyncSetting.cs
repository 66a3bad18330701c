using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary><c>synchronous_standby_names</c> of the local server: of the real one, and of a simulated one.</summary>
internal interface ISyncSetting
{
    /// <summary>The server runs, and is ready for connections.</summary>
    bool Runs { get; }

    /// <summary>For who decides what it is to be, and sets it.</summary>
    OneAtATime Turn { get; }

    /// <summary>Sets it on the running or the stopped server, unless it has it already; whether new connections show it, as far as one runs.</summary>
    Task<bool> EnsureAsync(string names, CancellationToken cancel);

    /// <summary>Returns when all sessions know that commits wait for standbys, where a server runs. To be asked when new connections show the setting: that alone proves nothing about them.</summary>
    Task ToldAsync(CancellationToken cancel);
}

/// <summary><c>synchronous_standby_names</c> of the local node: set before it becomes primary, and later where it had to be left empty.</summary>
internal sealed partial class SyncSetting(AgentOptions options, DataDirectory data, LocalSql sql, SyncMemory memory, SessionsTold told, TimeProvider time, ILogger<SyncSetting> log) : ISyncSetting
{
    private const string Name = "synchronous_standby_names";
    private static readonly TimeSpan InForceWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    internal async Task<StepResult> RunAsync(SetSync step, CancellationToken cancel)
    {
        var words = await SetAsync(step.Names, cancel);
        if (step.Later is { } later)
            memory.Set(new(options.Node, later, Relaxed: true));
        return StepResult.Done(words);
    }

    /// <summary>Remembers what the primary has; on a primary that had to do without, puts it in force when enough standbys stream.</summary>
    internal async Task LookAsync(ClusterView view, CancellationToken cancel)
    {
        if (options.Failover.ManagesSync || view.Primary is not { Sql.SynchronousStandbyNames: { } names } primary)
            return;
        memory.Set(SyncRules.Remember(memory.Last, primary.Node, names));
        if (primary.Node != options.Node || memory.Last is not { Relaxed: true } relaxed || PostmasterPid.ReadReady(data.Root) is not { } server)
            return;
        await using var connection = await sql.OpenAsync(server, cancel);
        var streaming = await LocalSql.ScalarAsync(connection, "SELECT string_agg(application_name, chr(10)) FROM pg_stat_replication WHERE state = 'streaming' AND flush_lsn IS NOT NULL", cancel) ?? "";
        if (SyncNames.Parse(relaxed.Names)?.IsSatisfiedBy(streaming.Split('\n', StringSplitOptions.RemoveEmptyEntries)) != true)
            return;
        LogRestored(await SetAsync(relaxed.Names, cancel));
        memory.Set(relaxed with { Relaxed = false });
    }

    /// <inheritdoc />
    public bool Runs => PostmasterPid.ReadReady(data.Root) is not null;

    /// <inheritdoc />
    public OneAtATime Turn { get; } = new();

    /// <inheritdoc />
    public async Task<bool> EnsureAsync(string names, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is { } server)
        {
            await using var connection = await sql.OpenAsync(server, cancel);
            var shown = await LocalSql.ScalarAsync(connection, $"SHOW {Name}", cancel);
            if (shown == names)
                return true;
            if (shown is not { Length: > 0 })
                told.Forget();
        }
        return (await PutAsync(names, cancel)).InForce;
    }

    /// <inheritdoc />
    public async Task ToldAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is { } server)
            await told.EnsureAsync(server, cancel);
    }

    private async Task<string> SetAsync(string names, CancellationToken cancel) => (await PutAsync(names, cancel)).Words;

    private async Task<(string Words, bool InForce)> PutAsync(string names, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
        {
            AutoConf.Set(data.AutoConf, Name, names);
            return ($"{Name} = '{names}' in postgresql.auto.conf", true);
        }
        await using (var connection = await sql.OpenAsync(server, cancel))
        {
            await AutoConf.SetRunningAsync(connection, data.AutoConf, Name, names, cancel);
            await LocalSql.ScalarAsync(connection, "SELECT pg_reload_conf()::text", cancel);
        }
        return await InForceAsync(server, names, cancel) ? ($"{Name} = '{names}' is in force", true)
            : ($"{Name} = '{names}' was set, but another value stays in force: it stands on the server's command line", false);
    }

    /// <summary>Asked by a new session each time: the postmaster has signalled all its children before it starts one with the new value.</summary>
    private async Task<bool> InForceAsync(PostmasterPid server, string names, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            await using var connection = await sql.OpenAsync(server, cancel);
            if (await LocalSql.ScalarAsync(connection, $"SHOW {Name}", cancel) == names)
                return true;
            if (time.GetElapsedTime(begun) > InForceWithin)
                return false;
            await Task.Delay(Interval, time, cancel);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "enough standbys stream again: {What}")]
    private partial void LogRestored(string what);
}
