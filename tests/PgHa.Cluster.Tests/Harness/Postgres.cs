using Npgsql;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>The PostgreSQL server of one node, handled as an operator would by hand: behind the agent's back.</summary>
internal sealed class Postgres(string address, int port, string dataDirectory, string logFile)
{
    public string Address { get; } = address;

    public int Port { get; } = port;

    public string DataDirectory { get; } = dataDirectory;

    public string LogFile { get; } = logFile;

    /// <summary>The programs of its major version.</summary>
    public string BinDir { get; set; } = AsPostgres.BinDir;

    /// <summary>The network namespace it runs in; null: that of the tests.</summary>
    public string? Namespace { get; init; }

    public string ConnectionString { get; } =
        $"Host={address};Port={port};Username=postgres;Database=postgres;Pooling=false;Timeout=5;Command Timeout=10;SSL Mode=Disable;GSS Encryption Mode=Disable;Options=-c default_transaction_isolation=read\\ committed -c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c search_path=public";

    public IReadOnlyList<int> Processes => ServerProcesses.Of(DataDirectory);

    /// <summary>Its processes with these words in their titles.</summary>
    public IReadOnlyList<int> Titled(string words) => [.. Processes.Intersect(ServerProcesses.Commanded(line => line.Contains(words, StringComparison.Ordinal)))];

    public bool IsRunning => Pid is { } pid && ServerProcesses.IsAlive(pid);

    public bool HasStandbySignal => File.Exists(InData("standby.signal"));

    /// <summary>The first line of postmaster.pid.</summary>
    public int? Pid => File.Exists(InData("postmaster.pid"))
        && int.TryParse(File.ReadLines(InData("postmaster.pid")).FirstOrDefault(), out var pid) ? pid : null;

    public string InData(string file) => Path.Combine(DataDirectory, file);

    public Task Start() => AsPostgres.RunIn(Namespace, Program("pg_ctl"), "start", "-w", "-s", "-D", DataDirectory, "-l", LogFile);

    /// <summary>As an operator does who takes it for the right primary: whose place was taken has standby.signal.</summary>
    public Task StartAsPrimary()
    {
        File.Delete(InData("standby.signal"));
        return Start();
    }

    /// <summary>pg_ctl is content when the pid file is gone; the processes end a moment later.</summary>
    public async Task Stop(string mode = "fast")
    {
        await AsPostgres.Run(Program("pg_ctl"), "stop", "-w", "-s", "-D", DataDirectory, "-m", mode);
        await Wait.Until("the stopped server's processes are gone", () => Processes.Count == 0);
    }

    public Task Promote() => AsPostgres.Run(Program("pg_ctl"), "promote", "-w", "-s", "-D", DataDirectory);

    /// <summary>kill -9 of the postmaster alone: its children notice and end by themselves a moment later.</summary>
    public void KillPostmaster() => Signal.Send(Pid!.Value, Signal.Kill);

    public async Task KillAndWait()
    {
        KillPostmaster();
        await Wait.Until("the killed server's processes are gone", () => Processes.Count == 0);
    }

    public Task FreezePostmaster()
    {
        Signal.Send(Pid!.Value, Signal.Stop);
        return Wait.Until("the postmaster is frozen", () => ServerProcesses.IsFrozen(Pid!.Value));
    }

    /// <summary>SIGSTOP to the postmaster first, so that no child is born afterwards, then to all.</summary>
    public async Task Freeze()
    {
        await FreezePostmaster();
        await Wait.Until("all processes of the server are frozen", () =>
        {
            foreach (var pid in Processes) Signal.Send(pid, Signal.Stop);
            return Processes.All(ServerProcesses.IsFrozen);
        });
    }

    /// <summary>SIGSTOP to all but the postmaster: it hears a shutdown, but cannot finish it.</summary>
    public Task FreezeChildren() => Wait.Until("the children of the postmaster are frozen", () =>
    {
        var children = Processes.Where(pid => pid != Pid).ToArray();
        foreach (var pid in children) Signal.Send(pid, Signal.Stop);
        return children.All(ServerProcesses.IsFrozen);
    });

    public void Thaw()
    {
        foreach (var pid in Processes) Signal.Send(pid, Signal.Continue);
    }

    public async Task Execute(string sql)
    {
        await using var connection = await Connect();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public async Task<T> Ask<T>(string sql)
    {
        await using var connection = await Connect();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    /// <summary>Whether it accepts connections.</summary>
    public async Task<bool> Serves()
    {
        try
        {
            return await Ask<int>("SELECT 1") == 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    public async Task<NpgsqlConnection> Connect(string database = "postgres")
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Database = database }.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    /// <summary>The name in the certificate that the server presents.</summary>
    public async Task<string> PresentedName()
    {
        var name = "";
        var source = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(ConnectionString) { SslMode = SslMode.Require }.ConnectionString);
        source.UseSslClientAuthenticationOptionsCallback(options => options.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            name = certificate!.Subject;
            return name.StartsWith("CN=", StringComparison.Ordinal);
        });
        await using var sessions = source.Build();
        await using var connection = await sessions.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return name.Replace("CN=", "", StringComparison.Ordinal);
    }

    /// <summary>Whether this standby's WAL receiver streams from the given port.</summary>
    public async Task<bool> StreamsFrom(Postgres primary) =>
        await Ask<long>($"SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming' AND sender_port = {primary.Port}") == 1;

    /// <summary>The timeline of the next record: pg_control would show it only after the next checkpoint.</summary>
    public Task<int> Timeline() =>
        Ask<int>("SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int");

    /// <summary>What pg_controldata prints, by its English names.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ControlData() =>
        (await AsPostgres.Run(Program("pg_controldata"), DataDirectory)).Split('\n')
            .Select(line => line.Split(':', 2))
            .Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1].Trim());

    /// <summary>Servers of other majors come without pg_controldata.</summary>
    public bool HasControlData => File.Exists(Program("pg_controldata"));

    public async Task<string> ControlState() => (await ControlData())["Database cluster state"];

    /// <summary>
    /// A row that no client knows, written while no server runs: what is here then goes past what the others have, on the same timeline.
    /// </summary>
    public async Task WriteAlone()
    {
        var standby = HasStandbySignal;
        File.Delete(InData("standby.signal"));
        await AsPostgres.Run("/bin/sh", "-c", "echo \"INSERT INTO ledger VALUES (-1, 'alone')\" | \"$0\" --single -D \"$1\" postgres", Program("postgres"), DataDirectory);
        if (standby) await AsPostgres.Run("/usr/bin/touch", InData("standby.signal"));
    }

    /// <summary>SIGQUIT frees the shared memory that SIGKILL would leave behind.</summary>
    public async Task Abandon()
    {
        foreach (var pid in Processes) Signal.Send(pid, Signal.Continue);
        foreach (var pid in Processes) Signal.Send(pid, Signal.Quit);
        if (await Ended(3)) return;
        foreach (var pid in Processes) Signal.Send(pid, Signal.Kill);
        await Ended(5);
    }

    private string Program(string name) => Path.Combine(BinDir, name);

    private async Task<bool> Ended(int seconds)
    {
        for (var i = 0; i < seconds * 100 && Processes.Count > 0; i++)
            await Task.Delay(10, CancellationToken.None);
        return Processes.Count == 0;
    }
}
