namespace PgHa.Agent.Configuration;

/// <summary>Builds the options from what was written. Everything is read before anything is judged, so that all errors are found.</summary>
internal sealed class AgentOptionsReader(RawConfiguration raw, SettingsReader settings)
{
    /// <summary>The options, or null if there are errors.</summary>
    public AgentOptions? Read()
    {
        var cluster = settings.Read<string>("cluster", Forms.Label);
        var node = settings.Read<string>("node", Forms.Text);
        var listen = settings.Read<Uri>("listen", UrlForm.Listen);
        var health = settings.Read<Uri>("health_listen", UrlForm.Listen);
        var traces = settings.Read<Uri>("traces", UrlForm.Agent);
        var nodes = raw.Nodes.Select(ReadNode).ToList();
        var postgres = ReadPostgres();
        var stateDir = ReadPath("state_dir");
        var start = settings.Read<string>("start", Forms.StandbyOrNever);
        var log = settings.Read<string>("log", Forms.LogForm) == "json" ? LogForm.Json : LogForm.Text;
        var slots = ReadSlots();
        var security = ReadSecurity();
        var failover = new FailoverReader(raw, settings).Read(nodes, security.Tls);

        Report(NodeRules.Check(node, nodes));
        Report(AgentRules.CheckDirectories(postgres.DataDir, stateDir));
        Report(AgentRules.CheckSocket(stateDir, failover.Mode));
        Report(AgentRules.CheckTls(raw.Mentions));
        Report(AgentRules.CheckLocal(security.OwnerOnly, nodes.Count, HasPeers()));
        Report(AgentRules.CheckListen(listen, HasPeers(), HasTls()));
        Report(AgentRules.CheckClients(security, raw.Mentions("security.token_file"), [.. nodes.Select(n => n.Agent).Append(listen).OfType<Uri>()]));
        Report(AgentRules.CheckHealthListen(health, listen, HasTls()));
        return raw.Errors.Count > 0 ? null : new()
        {
            Cluster = cluster!,
            Node = node!,
            Listen = listen!,
            HealthListen = health,
            Traces = traces,
            Nodes = [.. nodes.Select(draft => new NodeOptions(draft.Name, draft.Agent!, draft.Postgres!.Host, draft.Postgres.Port))],
            Postgres = postgres,
            StateDir = stateDir!,
            StartsStandby = start == "standby",
            Log = log,
            Slots = slots,
            Failover = failover,
            Security = security,
        };
    }

    private NodeDraft ReadNode(string name) => new(
        name,
        settings.Read<Uri>($"nodes.{name}.agent", UrlForm.Agent),
        settings.Read<PostgresAddress>($"nodes.{name}.postgres", PostgresAddress.Parse));

    // A missing value is an error by now, and with errors no options are handed out.
    private PostgresOptions ReadPostgres() => new()
    {
        BinDir = ReadPath("postgres.bin_dir"),
        DataDir = ReadPath("postgres.data_dir")!,
        ConfigFile = ReadPath("postgres.config_file"),
        LogFile = ReadPath("postgres.log_file"),
        Superuser = settings.Read<string>("postgres.superuser", Forms.Text)!,
        ReplicationUser = settings.Read<string>("postgres.replication_user", Forms.Text)!,
        Database = settings.Read<string>("postgres.database", Forms.Text)!,
        Passfile = ReadPath("postgres.passfile"),
        SlotKeepBytes = settings.Read<ByteSize>("postgres.slot_keep_size", ByteSize.Parse)?.Bytes ?? 0,
    };

    private SlotsOptions ReadSlots() => new()
    {
        Interval = TimeSpan.FromSeconds(int.Parse(settings.Read<string>("slots.interval", Forms.Seconds) ?? "0", System.Globalization.CultureInfo.InvariantCulture)),
        Restart = settings.Read<string>("slots.restart", Forms.YesNo) == "true",
    };

    private SecurityOptions ReadSecurity()
    {
        var local = settings.Read<string>("security.local", Forms.OpenOrOwner);
        var tokenFile = ReadPath("security.token_file");
        var certificate = ReadPath("security.tls.certificate_file");
        var key = ReadPath("security.tls.key_file");
        var authorities = ReadPath("security.tls.ca_file");
        var clients = ReadPath("security.tls.client_ca_file");
        var tls = certificate is null || key is null ? null : new TlsOptions(certificate, key) { CaFile = authorities, ClientCaFile = clients };
        var tokens = ReadPath("security.tokens_file");
        Report(AgentRules.CheckTokens(raw.Mentions("security.tokens_file"), HasPeers()));
        return new() { OwnerOnly = local == "owner", TokenFile = tokenFile, TokensFile = tokens, Tls = tls };
    }

    /// <summary>Agents have something to present to each other.</summary>
    private bool HasPeers() => raw.Mentions("security.token_file") || raw.Mentions("security.tls.client_ca_file");

    private bool HasTls() => raw.Mentions("security.tls.certificate_file") || raw.Mentions("security.tls.key_file");

    private string? ReadPath(string key) => settings.Read<string>(key, Forms.FilePath);

    private void Report(IEnumerable<(string Key, Complaint Complaint)> findings)
    {
        foreach (var (key, complaint) in findings)
            raw.Report(key, complaint);
    }
}
