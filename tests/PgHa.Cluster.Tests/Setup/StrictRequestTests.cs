using System.Globalization;
using System.Net;
using System.Text;

namespace PgHa.Cluster.Tests.Setup;

/// <summary>What a request carries is understood to the last word, or the request is refused and nothing is changed.</summary>
public sealed class StrictRequestTests : ClusterTest
{
    /// <summary>Anybody may send the body piece by piece: then no length is announced.</summary>
    [Fact]
    public async Task A_body_without_a_length_is_a_body()
    {
        var cluster = await BothRunning();
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var (path, body, status) in ((string, string, int)[])
                     [
                         ("../v2/cluster/stop", """{"dry_run":true,"target":"pg-node02"}""", 200),
                         ("../v2/cluster/switchover", """{"dry_run":true}""", 200),
                         ("../v2/cluster/stop", """{"dry_run":tru""", 400),
                         ("../v2/cluster/stop", """{"dryRun":true}""", 400),
                         ("../v2/cluster/stop", """{"dry_run":null}""", 400),
                         ("../v2/cluster/stop", """{"dry_run":true,"dry_run":false}""", 400),
                         ("../v2/cluster/stop", "null", 400),
                         ("../v2/cluster/stop", "[]", 400),
                         ("../v2/cluster/stop", """{"target":7}""", 400),
                         ("../v2/node/stop", """{"dry_run":true}""", 400),
                         ("../v2/operations/x/abandon", """{"dry_run":true}""", 400),
                         ("instance/switchover/masterSlave", """{"dryRun":true}""", 400),
                         ("slots/file", """{"dryRun":true}""", 400),
                     ])
            {
                var answer = await cluster.N1.Api.Send(HttpMethod.Post, path, new Pieces(Encoding.UTF8.GetBytes(body), 1), TestContext.Current.CancellationToken);
                Assert.True(answer.Status == status, answer.ToString());
            }
        });
    }

    [Fact]
    public async Task An_option_that_a_call_does_not_have_is_refused()
    {
        var cluster = await BothRunning();
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var (method, path) in ((string, string)[])
                     [
                         ("POST", "../v2/node/stop?dryRun=true"),
                         ("POST", "../v2/node/stop?until=later"),
                         ("POST", "../v2/node/stop?force=maybe"),
                         ("POST", "../v2/node/demote?upstream=pg-node02"),
                         ("POST", "../v2/node/promote?accept=pg-node02&dryRun=true"),
                         ("POST", "../v2/node/checkpoint?wait=1"),
                         ("POST", "../v2/cluster/stop?dryRun=true"),
                         ("POST", "../v2/operations/x/resume?steps=1&steps=2"),
                         ("POST", "instance/switchover/masterSlave?dryrun=true"),
                         ("POST", "instance/switchover/masterSlave?dryRun=true&dryRun=false"),
                         ("POST", "instance/switchover/masterSlave?dryRun=true,false"),
                         ("POST", "slots/file?dryRun=perhaps"),
                         ("DELETE", "instance/all?dryrun=true"),
                         ("DELETE", "instance/all?target=pg-node02"),
                         ("GET", "instance/all?fresh=true"),
                         ("GET", "../v2/node?fresh=perhaps"),
                         ("GET", "../v2/node/wal/tail"),
                         ("GET", "../v2/node/wal/digest?from=0/0&to=0/0&hash=md5"),
                     ])
            {
                var answer = await cluster.N1.Api.Send(new HttpMethod(method), path);
                answer.AssertRefused(400, 2);
                Assert.NotEmpty(answer.Hint!);
            }
        });
    }

    [Fact]
    public async Task A_lock_that_nobody_could_ever_give_back_is_not_given()
    {
        var cluster = await BothRunning();
        foreach (var body in (string[])["{}", "null", "", "[]", """{"operation":null,"owner":"pg-node02","owner_boot":"b","goal":"g"}""",
                     """{"operation":"o","owner":"pg-node02","owner_boot":"b"}""", """{"operation":"o","owner":"pg-node02","owner_boot":"b","goal":"g","more":1}"""])
            (await cluster.N1.Api.Send(HttpMethod.Post, "../v2/node/lock", body)).AssertRefused(400, 2);
        var identity = (await cluster.N1.Api.GetV2("node")).Field("identity");
        (await cluster.N1.Api.Send(HttpMethod.Post, "../v2/node/lock", $$"""{"operation":"o","owner":"nobody","owner_boot":"b","goal":"g","identity":{{identity}}}""")).AssertRefused(400, 2);
        await cluster.Play("POST N1 instance/switchover/masterSlave → slave, master");
    }

    [Fact]
    public async Task No_value_brings_a_line_of_its_own_into_the_configuration()
    {
        var cluster = await BothStopped();
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var names in (string[])["a'%0Aarchive_mode = off%0A#", "a%0D", "a%00", "a%C2%85b"])
                (await cluster.N1.Api.PostV2("node/sync?names=" + names)).AssertRefused(400, 2);
        });
    }

    /// <summary>The agent's memory does not grow with what is sent to it.</summary>
    [Fact]
    public async Task A_body_of_any_size_costs_no_memory()
    {
        var cluster = await BothRunning();
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var path in (string[])["../v2/cluster/stop", "../v2/node/lock", "instance/switchover/masterSlave"])
                try
                {
                    var answer = await cluster.N1.Api.Send(HttpMethod.Post, path, new Pieces(Encoding.UTF8.GetBytes("{\"target\":\"" + new string('x', 1 << 20)), 400), TestContext.Current.CancellationToken);
                    answer.AssertRefused(400, 2);
                }
                catch (HttpRequestException)
                {
                    // it has answered and hung up before all was sent
                }
        });
        var peak = File.ReadLines($"/proc/{cluster.N1.Agent.Pid}/status").First(l => l.StartsWith("VmHWM", StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.InRange(int.Parse(peak, CultureInfo.InvariantCulture), 0, 200_000);
    }

    /// <summary>A body that is sent in pieces: its length is not known before.</summary>
    private sealed class Pieces(byte[] first, int times) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var n = 0; n < times; n++)
                await stream.WriteAsync(first, TestContext.Current.CancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
