using System.Diagnostics;
using System.Globalization;

namespace PgHa.Cluster.Tests.Etcd;

/// <summary>One member: pgha, which became etcd.</summary>
internal sealed class EtcdProcess(string root, string name, int number, EtcdTrio trio)
{
    private static readonly TimeSpan Call = TimeSpan.FromSeconds(2);
    private Process? process;

    public string Name => name;

    public bool IsWitness => number == 3;

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.{number}");

    public string Folder => Path.Combine(root, name);

    public string ConfigFile => Path.Combine(Folder, "pgha.yml");

    public string LogFile => Path.Combine(Folder, "etcd.log");

    public string State => Path.Combine(Folder, "state");

    public string Data => Path.Combine(State, "etcd");

    public string Mark => Path.Combine(State, "etcd-member");

    public Uri Url => new($"{Scheme}://{Address}:{trio.Port}");

    public string Peer => $"{Scheme}://{Address}:{trio.Port + 1}";

    public int Pid => process!.Id;

    public bool IsRunning => process is { HasExited: false };

    private string Scheme => trio.Certificates is null ? "http" : "https";

    public string Log() => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    public async Task WriteFiles()
    {
        await AsPostgres.Run("/bin/mkdir", "-p", State);
        if (trio.Certificates is { } certificates) await certificates.Certify(Folder, Address);
        var security = trio.Certificates is null ? "" : $$"""security: { tls: { certificate_file: {{Folder}}/crt, key_file: {{Folder}}/key, ca_file: {{Folder}}/ca } }""";
        await File.WriteAllTextAsync(ConfigFile, $$"""
            cluster: test
            node: {{(IsWitness ? "pg-node01" : name)}}
            listen: http://127.0.0.1:8079
            nodes:
              pg-node01: { agent: "http://127.0.0.1:8079", postgres: "127.0.0.1:5432" }
              pg-node02: { agent: "http://127.0.0.2:8079", postgres: "127.0.0.2:5432" }
            postgres: { data_dir: /nonexistent }
            state_dir: {{State}}
            failover: { etcd: beside, etcd_port: {{trio.Port}}, d: 4s }
            witnesses: { pg-witness: 127.0.0.3 }
            {{security}}

            """, TestContext.Current.CancellationToken);
    }

    public void Start() => process = AsPostgres.StartLogged(LogFile, AgentProcess.Binary, Arguments());

    public void Replace() => process = AsPostgres.StartLogged(LogFile, AgentProcess.Binary, Arguments("replace"));

    /// <summary>Runs pgha to its end, which must be a refusal, and gives what it said.</summary>
    public async Task<string> Refusal(string? word = null, string? path = null, params string[] more)
    {
        File.Delete(LogFile + ".refused");
        using var refused = AsPostgres.StartLogged(LogFile + ".refused", "/usr/bin/env", [$"PATH={path ?? "/usr/bin:/bin"}", AgentProcess.Binary, .. Arguments(word), .. more]);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await refused.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Signal.Send(refused.Id, Signal.Kill);
            throw;
        }
        var said = await File.ReadAllTextAsync(LogFile + ".refused", TestContext.Current.CancellationToken);
        Assert.True(refused.ExitCode == 1, said);
        return said;
    }

    public async Task<string> Print(string? word = null) => await AsPostgres.Run(AgentProcess.Binary, [.. Arguments(word), "--print"]);

    /// <summary>It is etcd by now, and knows who leads.</summary>
    public async Task HasLeader()
    {
        using var client = trio.ClientOf(this);
        await Wait.Until($"{name} follows a leader", async () => !IsRunning || (await client.StatusAsync(Url, Call, TestContext.Current.CancellationToken)).Value is { Leader: > 0 }, 60);
        if (!IsRunning) throw new InvalidOperationException($"{name} ended:\n{Log()}");
    }

    public void Freeze() => Signal.Send(Pid, Signal.Stop);

    public void Thaw() => Signal.Send(Pid, Signal.Continue);

    public async Task Kill()
    {
        if (!IsRunning) return;
        Signal.Send(Pid, Signal.Kill);
        await process!.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Its data are lost; what lies outside of them is not.</summary>
    public void LoseData() => Directory.Delete(Data, recursive: true);

    private string[] Arguments(string? word = null) =>
        [IsWitness ? "witness" : "etcd", .. word is null ? Array.Empty<string>() : [word], .. IsWitness ? ["--name", name] : Array.Empty<string>(), "--config", ConfigFile];
}
