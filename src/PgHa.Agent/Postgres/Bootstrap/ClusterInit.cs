using System.Text;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Makes a new cluster by PostgreSQL's own initdb, aside, set up for the configured nodes.</summary>
internal sealed class ClusterInit(AgentOptions options, DirectorySwap swap, PostgresBinaries binaries, ListenPlace listen)
{
    private const string Remark = "# Set by pgha when it made this cluster, and yours from now on: pgha does not write this file again.";

    private static readonly string[] Marks = ["PANIC:", "FATAL:", "ERROR:", "error:"];

    /// <summary>What pg_rewind calls, by its documentation.</summary>
    private static readonly string[] FunctionsOfRewind =
        ["pg_ls_dir(text, boolean, boolean)", "pg_stat_file(text, boolean)", "pg_read_binary_file(text)", "pg_read_binary_file(text, bigint, bigint, boolean)"];

    /// <summary>Everything that would fail later; changes nothing.</summary>
    internal async Task<Refusal?> RefuseAsync(CancellationToken cancel)
    {
        if ((binaries.Program("initdb", null).Refusal ?? RefuseConfiguration()) is { } missing)
            return missing;
        var passwords = Passwords();
        return passwords.IsOk ? await listen.RefuseTakenAsync(cancel) : passwords.Refusal;
    }

    /// <summary>Makes it in the directory aside; null when it is complete there.</summary>
    internal async Task<Refusal?> MakeAsync(long freeBytes, CancellationToken cancel)
    {
        var (program, passwords) = (binaries.Program("initdb", null), Passwords());
        if ((program.Refusal ?? passwords.Refusal) is { } refusal)
            return refusal;
        var superuser = options.Postgres.Superuser;
        var secured = passwords.Value!.Count > 0;
        string[] authentication = secured ? ["--auth-local=peer", "--auth-host=scram-sha-256", "--pwfile=/dev/stdin"] : ["--auth-local=peer", "--auth-host=trust"];
        var (code, output, error) = await ToolRun.RunAsync(program.Value!,
            ["-D", swap.Side, "-U", superuser, "-E", "UTF8", "--no-locale", "--data-checksums", .. authentication],
            cancel, secured ? passwords.Value[superuser] + "\n" : "");
        if (code != 0)
            return new(Code.StepFailed, $"initdb failed: {Last(error.Length > 0 ? error : output)}", "look at the disk and at postgres.bin_dir");
        return await AddReplicationRoleAsync(passwords.Value, cancel) ?? await SetUpAsync(freeBytes, secured, cancel);
    }

    /// <summary>The settings go to the end of postgresql.conf, where operators look first, so that they can change them.</summary>
    private async Task<Refusal?> SetUpAsync(long freeBytes, bool secured, CancellationToken cancel)
    {
        var socket = await binaries.SettingInsideAsync("unix_socket_directories", swap.Side, null, cancel);
        if (!socket.IsOk)
            return socket.Refusal;
        var keep = Math.Clamp(freeBytes / 20, 64L << 20, 1L << 30) >> 20; // a twentieth of the disk, 64 MB to 1 GB
        var keepForSlots = Math.Clamp(freeBytes / 4, 256L << 20, Math.Max(256L << 20, (long)options.Postgres.SlotKeepBytes)) >> 20; // a quarter, for nodes that are away
        List<string> lines =
        [
            "", Remark,
            $"listen_addresses = {Quote(options.Self.PostgresHost)}", $"port = {options.Self.PostgresPort}", $"cluster_name = {Quote(options.Node)}",
            "wal_level = logical", "wal_log_hints = on", "hot_standby = on", "max_wal_senders = 10", "max_replication_slots = 10", $"wal_keep_size = {keep}MB",
            $"max_slot_wal_keep_size = {keepForSlots}MB",
        ];
        if (listen.SocketFolder(socket.Value) is { } folder)
            lines.Add($"unix_socket_directories = {Quote(folder)}");
        if (secured)
            lines.Add("password_encryption = scram-sha-256");
        var file = Path.Combine(swap.Side, "postgresql.conf");
        Write(file, SmallFile.Text(file, SmallFile.Large) + string.Join('\n', lines) + "\n");
        Write(Path.Combine(swap.Side, "pg_hba.conf"), HostAccess.Rules(options.Nodes, options.Postgres.Superuser, secured));
        Write(Path.Combine(swap.Side, "pg_ident.conf"), HostAccess.Identities(Environment.UserName, options.Postgres.Superuser));
        return null;
    }

    /// <summary>A replication role of its own, with what pg_basebackup, pg_rewind and the agents' checks need, by a single-user server.</summary>
    private async Task<Refusal?> AddReplicationRoleAsync(IReadOnlyDictionary<string, string> passwords, CancellationToken cancel)
    {
        var role = options.Postgres.ReplicationUser;
        if (role == options.Postgres.Superuser)
            return null;
        var program = binaries.Program("postgres", null);
        if (!program.IsOk)
            return program.Refusal;
        var name = "\"" + role.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
        var password = passwords.TryGetValue(role, out var given) ? $" PASSWORD '{given.Replace("'", "''", StringComparison.Ordinal)}'" : "";
        string[] statements =
        [
            $"CREATE ROLE {name} LOGIN REPLICATION{password}",
            $"GRANT pg_monitor TO {name}",
            .. FunctionsOfRewind.Select(f => $"GRANT EXECUTE ON FUNCTION pg_catalog.{f} TO {name}"),
        ];
        var (code, _, error) = await ToolRun.RunAsync(program.Value,
            ["--single", "-D", swap.Side, "-c", "exit_on_error=true", "-c", "password_encryption=scram-sha-256", "-c", "log_statement=none", "postgres"],
            cancel, string.Join('\n', statements) + "\n");
        return code == 0 ? null : new(Code.StepFailed, $"the role {role} could not be made: {Last(error)}", "correct postgres.replication_user");
    }

    /// <summary>A configuration outside is the operator's own: it has to be there already.</summary>
    private Refusal? RefuseConfiguration() => options.Postgres.ConfigFile is { } file && !File.Exists(file)
        ? new(Code.WrongState, $"postgres.config_file {file} of {options.Node} is missing", "create it, or remove the key: then the configuration is made in the data directory")
        : null;

    /// <summary>The roles' passwords; none where no passfile is configured and all nodes are on this machine.</summary>
    private Answer<IReadOnlyDictionary<string, string>> Passwords()
    {
        if (options.Postgres.Passfile is not { } file)
            return options.Nodes.FirstOrDefault(n => !HostAccess.IsLoopback(n.PostgresHost)) is { } far
                ? new Refusal(Code.WrongState, $"no passwords are configured, and {far.Name} at {far.PostgresHost} logs in from elsewhere",
                    "set postgres.passfile, on all nodes, to a file with a line for each node: HOST:PORT:*:ROLE:PASSWORD")
                : new Dictionary<string, string>();
        if (!File.Exists(file))
            return new Refusal(Code.WrongState, $"postgres.passfile {file} of {options.Node} is missing", "create it, mode 0600: HOST:PORT:*:ROLE:PASSWORD");
        var lines = SmallFile.Lines(file, SmallFile.Large);
        var found = new Dictionary<string, string>();
        foreach (var role in new[] { options.Postgres.Superuser, options.Postgres.ReplicationUser }.Distinct())
        {
            var password = options.Nodes.Prepend(options.Self).Select(n => PasswordFile.Find(lines, n.PostgresHost, n.PostgresPort, role)).FirstOrDefault(p => p is { Length: > 0 });
            if (password is null)
                return new Refusal(Code.WrongState, $"{file} holds no password of role {role} on {options.Self.PostgresHost}:{options.Self.PostgresPort}",
                    $"add a line {options.Self.PostgresHost}:{options.Self.PostgresPort}:*:{role}:PASSWORD, and one for each other node");
            found[role] = password;
        }
        return found;
    }

    private static void Write(string path, string text) => DurableFile.Replace(path, Encoding.UTF8.GetBytes(text));

    private static string Quote(string value) => "'" + value.Replace("'", "''", StringComparison.Ordinal) + "'";

    /// <summary>What the programs mark as the reason; what follows it only says that they ended, and tidied up.</summary>
    private static string Last(string output)
    {
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var reasons = lines.Where(l => Marks.Any(m => l.Contains(m, StringComparison.Ordinal))).ToArray();
        return string.Join(" | ", (reasons.Length > 0 ? reasons : lines).TakeLast(3));
    }
}
