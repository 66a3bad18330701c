using System.Text;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;

namespace PgHa.Cluster.Tests.Etcd;

/// <summary>A real etcd of two nodes and a witness, each started by pgha from a configuration of its own.</summary>
internal sealed class EtcdTrio : IAsyncDisposable
{
    internal static readonly TimeSpan Call = TimeSpan.FromSeconds(10);
    private readonly string folder;

    private EtcdTrio(string folder, int port, Certificates? certificates)
    {
        this.folder = folder;
        Port = port;
        Certificates = certificates;
        Members = [new(folder, "pg-node01", 1, this), new(folder, "pg-node02", 2, this), new(folder, "pg-witness", 3, this)];
    }

    public int Port { get; }

    public Certificates? Certificates { get; }

    public IReadOnlyList<EtcdProcess> Members { get; }

    /// <summary>As the configuration of the first node describes it.</summary>
    public EtcdOptions Options => ConfigurationLoader.Load(Members[0].ConfigFile, new Dictionary<string, string>()) is { Options: { } options } ? options.Failover.Etcd!
        : throw new InvalidOperationException("pgha.yml is not valid");

    public static async Task<EtcdTrio> Files(Certificates? certificates = null)
    {
        var trio = new EtcdTrio(await TestRun.NewFolder("etcd"), FreePort(), certificates);
        foreach (var member in trio.Members) await member.WriteFiles();
        return trio;
    }

    public static async Task<EtcdTrio> Running(Certificates? certificates = null)
    {
        var trio = await Files(certificates);
        try
        {
            foreach (var member in trio.Members) member.Start();
            await trio.Works();
            return trio;
        }
        catch
        {
            await trio.DisposeAsync();
            throw;
        }
    }

    /// <summary>Every member follows a leader, and a call is answered.</summary>
    public async Task Works()
    {
        foreach (var member in Members) await member.HasLeader();
    }

    public EtcdClient Client(Func<EtcdOptions, EtcdOptions>? change = null) => EtcdClient.Create(change?.Invoke(Options) ?? Options, TimeProvider.System) is { Client: { } client } ? client
        : throw new InvalidOperationException("no client");

    /// <summary>A client that asks these members, the first one first.</summary>
    public EtcdClient ClientOf(params EtcdProcess[] members) => Client(o => o with { Endpoints = [.. members.Select(m => m.Url)] });

    public async Task<EtcdProcess> Leader()
    {
        using var client = Client();
        EtcdProcess? leader = null;
        await Wait.Until("etcd has a leader", async () =>
        {
            foreach (var member in Members)
                if ((await client.StatusAsync(member.Url, Call, TestContext.Current.CancellationToken)).Value is { Leads: true }) leader = member;
            return leader is not null;
        }, 30);
        return leader!;
    }

    /// <summary>etcd's calls as JSON, for what only tests and people do.</summary>
    public async Task<string> Json(string path, string body)
    {
        using var http = new HttpClient();
        using var content = new StringContent(body, Encoding.UTF8);
        using var answer = await http.PostAsync(new Uri(Members[0].Url, path), content, TestContext.Current.CancellationToken);
        var said = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return answer.IsSuccessStatusCode ? said : throw new InvalidOperationException($"{path}: {said}");
    }

    public async ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
            foreach (var member in Members) TestContext.Current.TestOutputHelper?.WriteLine($"{member.Name}:\n{string.Join('\n', member.Log().Split('\n').TakeLast(20))}");
        foreach (var member in Members) await member.Kill();
        Certificates?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    // Members listen at it and at the next one.
    private static int FreePort()
    {
        while (true)
        {
            var port = Ports.Free("127.0.0.1");
            if (port % 2 == 0 && Enumerable.Range(1, 3).All(n => Ports.CanListen($"127.0.0.{n}", port) && Ports.CanListen($"127.0.0.{n}", port + 1))) return port;
        }
    }
}
