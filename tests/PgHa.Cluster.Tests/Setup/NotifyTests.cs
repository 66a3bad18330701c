using System.Net.Sockets;
using System.Text;

namespace PgHa.Cluster.Tests.Setup;

/// <summary>What systemd hears of an agent that it runs as a unit of Type=notify.</summary>
public sealed class NotifyTests : ClusterTest
{
    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task It_hears_that_the_agent_listens_lives_begins_anew_and_stops(bool tls)
    {
        var cluster = Keep(await TestCluster.FilesOnly(1));
        var node = cluster.N1;
        using var authorities = new Authorities();
        if (tls) await Secure(node, authorities);
        await using var systemd = await Systemd.For(node);
        node.Agent.Variables = [$"NOTIFY_SOCKET={systemd.Path}", "WATCHDOG_USEC=2000000"];
        node.Agent.Start();
        await systemd.Hears("READY=1");
        using (var client = authorities.Client())
            Assert.NotEqual(0, (int)(await client.GetAsync(new Uri($"{(tls ? "https" : "http")}://{node.AgentUrl.Authority}/liveness"), TestContext.Current.CancellationToken)).StatusCode); // it listens
        await systemd.Hears("WATCHDOG=1");
        await systemd.Hears("WATCHDOG=1");

        await node.AddToAgentConfig("log: json");
        Signal.Send(node.Agent.Pid, Signal.Hangup);
        Assert.DoesNotContain("STOPPING=1", await systemd.Hears("RELOADING=1"));
        Assert.DoesNotContain("STOPPING=1", await systemd.Hears("READY=1"));
        await systemd.Hears("WATCHDOG=1");

        await node.Agent.Stop();
        await systemd.Hears("STOPPING=1");
        Assert.True(await systemd.IsSilent(), "somebody goes on");
    }

    /// <summary>Debian's PostgreSQL tells systemd when it is ready, and would tell it for the agent.</summary>
    [Fact]
    public async Task PostgreSQL_does_not_speak_for_the_agent_and_an_agent_that_is_frozen_is_silent()
    {
        var cluster = Keep(await TestCluster.FilesOnly(1));
        var node = cluster.N1;
        await using var systemd = await Systemd.For(node);
        node.Agent.Variables = [$"NOTIFY_SOCKET={systemd.Path}", "WATCHDOG_USEC=2000000"];
        await node.StartAgent();
        await systemd.Hears("READY=1");
        await cluster.Play("POST N1 instance/current → single");
        Assert.DoesNotContain("NOTIFY_SOCKET", await AsPostgres.AsRoot("/bin/cat", $"/proc/{node.Postgres.Pid}/environ"), StringComparison.Ordinal);
        await cluster.Play("DELETE N1 instance/current → inactive");
        Assert.Equal(["WATCHDOG=1"], (await systemd.Hears("WATCHDOG=1")).Distinct());

        await node.Agent.Freeze();
        Assert.True(await systemd.IsSilent(), "a frozen agent says that it lives");
        node.Agent.Thaw();
        await systemd.Hears("WATCHDOG=1");
    }

    /// <summary>The unit of docs/debian.md is one that systemd understands to the last word.</summary>
    [Fact]
    public async Task The_unit_of_the_document_is_understood()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not there");
        var document = File.ReadAllText(AgentProcess.InRepository("docs/debian.md"));
        var begin = document.IndexOf("[Unit]\n", document.IndexOf("pgha.service <<'EOF'", StringComparison.Ordinal), StringComparison.Ordinal);
        var unit = document[begin..document.IndexOf("\nEOF\n", begin, StringComparison.Ordinal)];
        foreach (var line in (string[])["Type=notify", "KillMode=process", "WatchdogSec=", "WatchdogSignal=SIGKILL", "NoNewPrivileges=yes", "ProtectSystem="])
            Assert.Contains("\n" + line, unit, StringComparison.Ordinal);
        var folder = Directory.CreateTempSubdirectory("pgha-unit-");
        try
        {
            var file = Path.Combine(folder.FullName, "pgha.service");
            await File.WriteAllTextAsync(file, unit.Replace("/usr/local/bin/pgha", AgentProcess.Binary, StringComparison.Ordinal) + "\n", TestContext.Current.CancellationToken);
            Assert.Equal("", await AsPostgres.AsRoot("/bin/sh", "-c", "systemd-analyze verify --man=no \"$0\" 2>&1", file));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task Secure(TestNode node, Authorities authorities)
    {
        await node.ChangeAgentConfig("http://", "https://");
        await node.AddToAgentConfig($"security: {{ tls: {{ certificate_file: {node.In("crt")}, key_file: {node.In("key")} }} }}");
        await authorities.Certify(node);
    }

    /// <summary>The socket that systemd gives to a service.</summary>
    private sealed class Systemd : IAsyncDisposable
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
        private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

        private Systemd(string path) => Path = path;

        public string Path { get; }

        public static async Task<Systemd> For(TestNode node)
        {
            var systemd = new Systemd(node.In("notify"));
            systemd.socket.Bind(new UnixDomainSocketEndPoint(systemd.Path));
            await AsPostgres.AsRoot("/bin/chmod", "666", systemd.Path);
            return systemd;
        }

        /// <summary>Waits for a word; all that came before, with it.</summary>
        public async Task<IReadOnlyList<string>> Hears(string word)
        {
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            bound.CancelAfter(TimeSpan.FromSeconds(30));
            var all = new List<string>();
            while (all.Count == 0 || all[^1] != word) all.Add(await Next(bound.Token));
            return all;
        }

        /// <summary>What was sent before is passed over; then nothing comes for twice the watchdog's time.</summary>
        public async Task<bool> IsSilent()
        {
            while (socket.Available > 0) await Next(TestContext.Current.CancellationToken);
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            bound.CancelAfter(2 * Interval);
            try
            {
                await Next(bound.Token);
                return false;
            }
            catch (OperationCanceledException)
            {
                return true;
            }
        }

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            return ValueTask.CompletedTask;
        }

        /// <summary>The first line of a message.</summary>
        private async Task<string> Next(CancellationToken cancel)
        {
            var buffer = new byte[4096];
            var length = await socket.ReceiveAsync(buffer, cancel);
            return Encoding.UTF8.GetString(buffer, 0, length).Split('\n')[0];
        }
    }
}
