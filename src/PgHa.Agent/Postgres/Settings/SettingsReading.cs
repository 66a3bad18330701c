using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// What this node says of settings that are to be changed: as they are, and as PostgreSQL's own program would take them. Nothing is set for it, so a value that is not accepted has changed nothing.
/// </summary>
internal sealed class SettingsReading(AgentOptions options, DataDirectory data, PostgresBinaries binaries, LocalSql sql, NextStartReading nextStart, TimeProvider time)
{
    /// <summary>The agent's own session has some of them by its role, its database, or its own options: what others have it cannot see then.</summary>
    private const string Query = """
        SELECT lower(name), context, pending_restart, boot_val, unit,
               CASE WHEN source NOT IN ('client', 'session', 'user', 'database', 'database user', 'global') THEN setting END
          FROM pg_settings WHERE lower(name) IN
        """;

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    internal async Task<Answer<SettingsReport>> ReadAsync(string text, CancellationToken cancel)
    {
        var parsed = SettingChange.Parse(text);
        if ((parsed.Refusal ?? SettingRules.RefuseManaged(parsed.Value!, options.Node, options.Failover.ManagesSync)) is { } refusal)
            return refusal;
        var changes = parsed.Value!;
        var arguments = binaries.ServerOptions();
        var places = SettingPlaces.Read(binaries.ConfigFile(arguments), data.AutoConf, arguments);
        var files = new Written(SettingPlaces.Read(data.AutoConf, data.AutoConf, []).Values, SettingPlaces.Read(binaries.ConfigFile(arguments), Path.Combine(data.Root, "no.conf"), []).Values);
        var running = await RunningAsync([.. changes.Select(c => c.Name)], cancel);
        if (!running.IsOk)
            return running.Refusal;
        var settings = await Task.WhenAll(changes.Select(change => OneAsync(change, running.Value, files, places.Last.GetValueOrDefault(change.Name), cancel)));
        var meant = settings.Where(s => s is { Facts: { Problem: null, Known: not false }, Meant: not null }).ToDictionary(s => s.Facts.Name, s => s.Meant!);
        var then = await nextStart.ReadAsync(meant, cancel);
        return then.IsOk ? new SettingsReport { Node = options.Node, Settings = [.. settings.Select(s => s.Facts)], Then = then.Value } : then.Refusal;
    }

    private async Task<(SettingFacts Facts, string? Meant)> OneAsync(SettingChange change, Dictionary<string, Shown>? running, Written files, string? place, CancellationToken cancel)
    {
        var name = change.Name;
        var shown = running?.GetValueOrDefault(name);
        var facts = new SettingFacts(name)
        {
            Known = running is null ? null : shown is not null,
            Context = shown?.Context,
            Unit = shown?.Unit,
            Before = files.Own.GetValueOrDefault(name),
            IsReset = change.Value is null,
            Place = place,
        };
        if (facts.Known == false)
            return (facts, null);
        var meant = change.Value ?? files.Elsewhere.GetValueOrDefault(name) ?? shown?.Default ?? NextStartReading.DefaultOf(name);
        var next = binaries.SettingAsync(name, cancel);
        var then = meant is null ? null : binaries.SettingAsync(name, [new(name, meant)], cancel);
        if (then is not null)
            await then;
        facts = facts with { Next = (await next).Value, Then = then?.Result.Value, Problem = then?.Result.Refusal?.Message };
        return (facts with { Running = Runs(facts, shown) }, meant);
    }

    /// <summary>The server program does not know an extension's setting, and gives it back as it is written: what is set and waits for no restart is in force.</summary>
    private static string? Runs(SettingFacts facts, Shown? shown) => facts.Name.Contains('.', StringComparison.Ordinal) && facts.Place is not null
        && shown is { Setting: not null, Pending: false } ? facts.Next : shown?.Setting;

    /// <summary>Null: no server runs.</summary>
    private async Task<Answer<Dictionary<string, Shown>?>> RunningAsync(string[] names, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return new(null, null);
        using var late = new CancellationTokenSource(Within, time);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            await using var connection = await sql.OpenForObservingAsync(server, bounded.Token);
            await using var command = new NpgsqlCommand($"{Query} ({AutoConf.Words(names)})", connection);
            await using var reader = await command.ExecuteReaderAsync(bounded.Token);
            var shown = new Dictionary<string, Shown>();
            while (await reader.ReadAsync(bounded.Token))
                shown[reader.GetString(0)] = new(reader.GetString(1), reader.GetBoolean(2), Text(reader, 3), Text(reader, 4), Text(reader, 5));
            return new(shown, null);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or IOException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return new Refusal(Code.WrongState, $"the server of {options.Node} does not tell its settings: {e.Message}", "look at its log, then repeat the call");
        }
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>What stands in postgresql.auto.conf, and in the other files.</summary>
    private sealed record Written(IReadOnlyDictionary<string, string> Own, IReadOnlyDictionary<string, string> Elsewhere);

    /// <summary>A setting as the running server shows it.</summary>
    private sealed record Shown(string Context, bool Pending, string? Default, string? Unit, string? Setting);
}
