using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// What the next start of this node's server would do. A setting that is set anywhere is asked of the server program, one run each; what
/// is set nowhere has the default that all supported versions share. Changes nothing.
/// </summary>
internal sealed class NextStartReading(AgentOptions options, DataDirectory data, PostgresBinaries binaries, LocalSql sql, SlotFiles slots, NextStartFiles files, ArchiveHistories archive)
{
    private const string Port = "port";
    private const string Restore = "restore_command";
    private const string PendingQuery = """
        SELECT string_agg(concat(name, ': ', current_setting(name), ' runs, ', coalesce(
               (SELECT f.setting FROM pg_file_settings f WHERE f.name = s.name ORDER BY f.seqno DESC LIMIT 1), 'its default'), ' is set'), E'\n' ORDER BY name)
          FROM pg_settings s WHERE pending_restart
        """;

    private static readonly TimeSpan RunningWithin = TimeSpan.FromSeconds(5);

    /// <summary>Settings that matter, with what PostgreSQL takes where they are set nowhere; null if that is not the same everywhere.</summary>
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["max_connections"] = "100", ["max_prepared_transactions"] = "0", ["max_locks_per_transaction"] = "64", ["max_worker_processes"] = "8", ["max_wal_senders"] = "10",
        ["recovery_target"] = "", ["recovery_target_lsn"] = "", ["recovery_target_name"] = "", ["recovery_target_time"] = "", ["recovery_target_xid"] = "", ["recovery_target_timeline"] = "latest",
        [Restore] = "", ["hot_standby"] = "on", ["promote_trigger_file"] = "", ["wal_level"] = "replica", ["max_replication_slots"] = "10", ["archive_mode"] = "off",
        ["sync_replication_slots"] = "off", ["summarize_wal"] = "off", ["superuser_reserved_connections"] = "3", ["reserved_connections"] = "0",
        [Port] = null, ["listen_addresses"] = "localhost", ["unix_socket_directories"] = null, ["data_directory"] = null, ["hba_file"] = null,
        ["shared_preload_libraries"] = "", [NextStartRules.SyncStandbys] = "", ["dynamic_library_path"] = "$libdir", ["logging_collector"] = "off", ["log_directory"] = "log",
        ["ssl"] = "off", ["ssl_cert_file"] = "server.crt", ["ssl_key_file"] = "server.key", ["ssl_ca_file"] = "", ["ssl_crl_file"] = "",
        ["shared_buffers"] = null, ["huge_pages"] = "try",
    };

    private Known? _known;

    internal Task<Answer<NextStart>> ReadAsync(CancellationToken cancel) => ReadAsync(new Dictionary<string, string>(), cancel);

    /// <summary>The default that a setting has in all supported versions; null: that is not known.</summary>
    internal static string? DefaultOf(string name) => Defaults.GetValueOrDefault(name);

    /// <summary>What it would do if these settings had these values.</summary>
    internal async Task<Answer<NextStart>> ReadAsync(IReadOnlyDictionary<string, string> meant, CancellationToken cancel)
    {
        var control = data.ReadControl();
        if (!control.IsOk || data.Major is not { } major)
            return new Refusal(Code.WrongState, $"pg_control of {options.Node} cannot be read: {control.Error}", "look at the disk");
        var arguments = binaries.ServerOptions();
        var places = SettingPlaces.Read(binaries.ConfigFile(arguments), data.AutoConf, arguments);
        var running = RunningAsync(cancel);
        var said = await SettingsAsync(places, meant, cancel);
        var (now, libraries, hba, pending) = await running;
        var (physical, logical) = Slots(major);
        var next = new NextStart
        {
            Node = options.Node,
            Obstacles = [],
            Places = places.Last.Where(p => Defaults.ContainsKey(p.Key) || p.Key == RecoveryRules.Conninfo).ToDictionary(),
            Running = now,
            Pending = pending,
            Runs = PostmasterPid.ReadReady(data.Root) is not null,
            Control = ReplayLimits.Of(control.Value),
            PhysicalSlots = physical,
            LogicalSlots = logical,
            Host = options.Self.PostgresHost,
            Port = options.Self.PostgresPort,
        };
        if (!said.IsOk)
            return next with { Error = said.Refusal.Message };
        var settings = said.Value;
        var archived = settings[Restore].Length > 0 && settings["recovery_target_timeline"] == "latest"
            ? await archive.NewestAsync(settings[Restore], ControlFacts.From(control.Value).Timeline, cancel)
            : new(null);
        return next with
        {
            Settings = settings,
            Archived = archived.Newest,
            ArchiveIsSlow = archived.Slow,
            ArchiveEndedWith = archived.EndedWith,
            Listens = await ListenPlace.CoversAsync(settings["listen_addresses"], options.Self.PostgresHost, cancel),
            PromoteFile = settings["promote_trigger_file"] is { Length: > 0 } file && Path.GetFullPath(file, data.Root) is var path && File.Exists(path) ? path : null,
            Obstacles = [.. files.Missing(settings, now, libraries), .. hba],
        };
    }

    /// <summary>The server program is not run again while its files, its command line and itself are the same: a run costs as much as a session.</summary>
    private async Task<Answer<IReadOnlyDictionary<string, string>>> SettingsAsync(SettingPlaces places, IReadOnlyDictionary<string, string> meant, CancellationToken cancel)
    {
        var key = $"{places.Digest} {data.Configured} {(binaries.Program("postgres", data.Major) is { IsOk: true, Value: { } program } ? $"{program} {Linux.Version(program)}" : "")}";
        if (meant.Count == 0 && _known is { } known && known.Key == key)
            return new(known.Settings, null);
        string[] asked = [Port, .. Defaults.Keys.Where(n => n != Port && (places.Last.ContainsKey(n) || meant.ContainsKey(n)))];
        var answers = await Task.WhenAll(asked.Select(n => binaries.SettingAsync(n, meant, cancel)));
        if (answers.FirstOrDefault(a => !a.IsOk).Refusal is { } failed)
            return failed;
        var settings = Defaults.Where(d => d.Value is not null).ToDictionary(d => d.Key, d => d.Value!);
        foreach (var (name, answer) in asked.Zip(answers))
            settings[name] = answer.Value!;
        if (meant.Count == 0)
            _known = new(key, settings);
        return settings;
    }

    private (string[] Physical, string[] Logical) Slots(int major)
    {
        var kept = slots.ReadAll(major).Slots.Where(s => !s.Temporary).ToArray();
        return ([.. kept.Where(s => !s.IsLogical).Select(s => s.Name)], [.. kept.Where(s => s.IsLogical).Select(s => s.Name)]);
    }

    /// <summary>What the running server says: the same settings, the folder of its libraries, and whether it could read pg_hba.conf again.</summary>
    private async Task<(Dictionary<string, string> Settings, string? Libraries, StartObstacle[] Hba, string[] Pending)> RunningAsync(CancellationToken cancel)
    {
        var settings = new Dictionary<string, string>();
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return (settings, null, [], []);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(RunningWithin);
        try
        {
            await using var connection = await sql.OpenForObservingAsync(server, bounded.Token);
            await using (var command = new NpgsqlCommand($"SELECT name, setting FROM pg_settings WHERE name IN ({string.Join(',', Defaults.Keys.Select(n => $"'{n}'"))})", connection))
            await using (var reader = await command.ExecuteReaderAsync(bounded.Token))
                while (await reader.ReadAsync(bounded.Token))
                    settings[reader.GetString(0)] = reader.GetString(1);
            var libraries = await LocalSql.ScalarAsync(connection, "SELECT setting FROM pg_config WHERE name = 'PKGLIBDIR'", bounded.Token);
            var hba = await LocalSql.ScalarAsync(connection,
                "SELECT string_agg(concat('line ', line_number, ': ', error), '; ') FROM pg_hba_file_rules WHERE error IS NOT NULL", bounded.Token);
            var pending = await LocalSql.ScalarAsync(connection, PendingQuery, bounded.Token) ?? "";
            StartObstacle[] unread = hba is { Length: > 0 } ? [new("hba_file", $"{settings.GetValueOrDefault("hba_file", "pg_hba.conf")}, {hba}", "correct the file")] : [];
            return (settings, libraries, unread, pending.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or IOException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return (settings, null, [], []); // it does not answer: what it runs with is not known, what its files say is
        }
    }

    /// <summary>What the server program said, and of which files.</summary>
    private sealed record Known(string Key, IReadOnlyDictionary<string, string> Settings);
}
