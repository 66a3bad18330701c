using System.Globalization;

namespace PgHa.Agent.Configuration;

/// <summary>Builds the options below <c>failover</c>, and those of the etcd that it needs.</summary>
internal sealed class FailoverReader(RawConfiguration raw, SettingsReader settings)
{
    private const string Section = "failover";

    /// <summary>The options. What is wrong was reported.</summary>
    /// <param name="nodes">The nodes, as far as they could be read.</param>
    /// <param name="tls">The agents' own certificate, which our own etcd uses, too.</param>
    public FailoverOptions Read(IReadOnlyList<NodeDraft> nodes, TlsOptions? tls)
    {
        var witnesses = raw.Values.Keys.Where(KnownKeys.IsWitness).ToDictionary(KnownKeys.WitnessOf, k => settings.Read<string>(k, Forms.Host));
        var d = Time("d") ?? FailoverTimes.Least;
        var options = new FailoverOptions
        {
            Mode = Choice("mode", "manual", "automatic") == 1 ? FailoverMode.Automatic : FailoverMode.Manual,
            Etcd = ReadEtcd(nodes, witnesses, d, tls),
            D = d,
            Sync = (SyncMode)Choice("sync", "off", "on", "quorum"),
            Revocation = Choice("revocation", "off", "on") == 1,
            Rejoin = (RejoinMode)Choice("rejoin", "rewind", "reclone", "manual"),
            LagLimit = settings.Read<ByteSize>(Key("lag_limit"), ByteSize.Parse)?.Bytes ?? 0,
            RestartWithin = Time("restart_within") ?? TimeSpan.Zero,
            HangAfter = Time("hang_after") ?? TimeSpan.Zero,
            Priority = Number("priority", 0, 100),
            NoFailover = settings.Read<string>(Key("nofailover"), Forms.YesNo) == "true",
            Watchdog = settings.Read<string>(Key("watchdog"), Forms.FilePath),
            StopCommand = settings.Read<string>(Key("stop_command"), Forms.FilePath),
            StayWithoutEtcd = settings.Read<string>(Key("stay_without_etcd"), Forms.YesNo) == "true",
        };
        foreach (var (key, complaint) in FailoverSettings.Check(options, nodes, [.. witnesses.Keys]))
            if (raw.Errors.TrueForAll(e => e.Key != key))
                raw.Report(key, complaint);
        return options;
    }

    private EtcdOptions? ReadEtcd(IReadOnlyList<NodeDraft> nodes, Dictionary<string, string?> witnesses, TimeSpan d, TlsOptions? agentTls)
    {
        var places = settings.Read<EtcdPlaces>(Key("etcd"), EtcdPlaces.Parse);
        var port = Number("etcd_port", 1, 65534);
        var election = Time("etcd_election");
        var certificate = ReadPath("etcd_certificate_file");
        var key = ReadPath("etcd_key_file");
        var authorities = ReadPath("etcd_ca_file");
        var user = settings.Read<string>(Key("etcd_user"), Forms.Text);
        var password = ReadPath("etcd_password_file");
        if (raw.Mentions(Key("etcd_certificate_file")) != raw.Mentions(Key("etcd_key_file")))
            raw.Report(Key("etcd_certificate_file"), new("failover.etcd_certificate_file and failover.etcd_key_file need each other", "set both, or neither"));
        if (places is null)
            return null;
        var members = places.Beside ? Members(nodes, witnesses, port, agentTls is null ? "http" : "https") : [];
        var own = certificate is not null && key is not null ? new TlsOptions(certificate, key) : null;
        return new()
        {
            Members = members,
            Endpoints = places.Beside ? [.. members.Select(m => m.Client)] : places.Urls,
            Election = places.Beside ? FailoverTimes.ElectionFor(d) : election ?? EtcdOptions.UsualElection,
            User = user,
            PasswordFile = password,
            Tls = own ?? (places.Beside ? agentTls : null),
            CaFile = authorities ?? (places.Beside ? agentTls?.CaFile : null),
        };
    }

    // A node's etcd listens where its agent does; a witness where the configuration says.
    private static EtcdMember[] Members(IReadOnlyList<NodeDraft> nodes, Dictionary<string, string?> witnesses, int port, string scheme) =>
    [
        .. nodes.Where(n => n.Agent is not null).Select(n => (n.Name, n.Agent!.Host))
            .Concat(witnesses.Where(w => w.Value is not null).Select(w => (Name: w.Key, Host: w.Value!)))
            .Select(m => new EtcdMember(m.Name, new($"{scheme}://{m.Host}:{port}"), new($"{scheme}://{m.Host}:{port + 1}"))),
    ];

    // Which of the words; the first one where it is wrong, which was reported then.
    private int Choice(string name, params string[] words) => Math.Max(0, Array.IndexOf(words, settings.Read<string>(Key(name), Forms.OneOf(words))));

    private int Number(string name, int least, int most) => int.Parse(settings.Read<string>(Key(name), Forms.Number(least, most)) ?? "0", CultureInfo.InvariantCulture);

    private TimeSpan? Time(string name) => settings.Read<Duration>(Key(name), Duration.Parse)?.Time;

    private string? ReadPath(string name) => settings.Read<string>(Key(name), Forms.FilePath);

    private static string Key(string name) => $"{Section}.{name}";
}
