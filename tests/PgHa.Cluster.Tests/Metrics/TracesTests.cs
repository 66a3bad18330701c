using System.Globalization;
using System.Net;
using System.Text.Json;
using Google.Protobuf;

namespace PgHa.Cluster.Tests.Metrics;

/// <summary>What a collector gets of an operation, by OTLP over HTTP.</summary>
public sealed class TracesTests : ClusterTest
{
    [Fact]
    public async Task A_switchover_is_a_trace_whose_spans_have_the_times_of_its_report()
    {
        using var collector = new HttpListener();
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Ports.Free("127.0.0.1")}");
        collector.Prefixes.Add($"{url}/v1/traces/");
        collector.Start();
        var got = Receive(collector);
        var cluster = Keep(await TestCluster.FilesOnly());
        foreach (var node in cluster.Nodes)
            {
                await node.AddToAgentConfig($"traces: {url}");
                node.Agent.Variables = ["OTEL_EXPORTER_OTLP_HEADERS=x"]; // what is not in its configuration does not count
            }
        await cluster.StartServers();
        await cluster.StartAgents();

        var answer = await cluster.N1.Api.Post("../v2/cluster/switchover", """{"target":"pg-node02"}""");
        Assert.True(answer.Status == 202, answer.Body);
        var spans = await got.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        var report = JsonSerializer.Deserialize<JsonElement>((await cluster.N1.Api.Get("../v2/operations")).Body).EnumerateArray().First();
        var all = spans.Single(s => s.Parent.IsEmpty);
        Assert.Equal(report.GetProperty("goal").GetString(), all.Name);
        Assert.All(spans, s => Assert.Equal(all.Trace, s.Trace));
        Assert.All(spans.Where(s => s != all), s => Assert.Equal(all.Id, s.Parent));
        foreach (var step in report.GetProperty("steps").EnumerateArray())
        {
            var span = spans.Single(s => s.Name == $"{step.GetProperty("node").GetString()}: {step.GetProperty("step").GetString()}");
            Assert.Equal(step.GetProperty("milliseconds").GetDouble(), span.Milliseconds, 0.01);
            Assert.Equal(step.GetProperty("at").GetDouble(), (span.Begun - all.Begun) / 1e6, 0.01);
        }
        Assert.Equal(report.GetProperty("writes_interrupted_ms").GetDouble(), spans.Single(s => s.Name == "no node accepts writes").Milliseconds, 0.11);
    }

    private static async Task<IReadOnlyList<Span>> Receive(HttpListener collector)
    {
        var context = await collector.GetContextAsync();
        using var body = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(body);
        context.Response.Close();
        return [.. Fields(body.ToArray(), 1).SelectMany(r => Fields(r, 2)).SelectMany(s => Fields(s, 2)).Select(Span.Read)];
    }

    /// <summary>All messages and strings of a field (opentelemetry/proto/trace/v1/trace.proto).</summary>
    private static List<byte[]> Fields(byte[] message, int field)
    {
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
            if (tag == WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited))
                found.Add(input.ReadBytes().ToByteArray());
            else
                input.SkipLastField();
        return found;
    }

    private sealed record Span(ByteString Trace, ByteString Id, ByteString Parent, string Name, ulong Begun, ulong Ended)
    {
        public double Milliseconds => (Ended - Begun) / 1e6;

        public static Span Read(byte[] message)
        {
            var span = new Span(ByteString.Empty, ByteString.Empty, ByteString.Empty, "", 0, 0);
            var input = new CodedInputStream(message);
            while (input.ReadTag() is var tag and not 0)
                switch (WireFormat.GetTagFieldNumber(tag))
                {
                    case 1: span = span with { Trace = input.ReadBytes() }; break;
                    case 2: span = span with { Id = input.ReadBytes() }; break;
                    case 4: span = span with { Parent = input.ReadBytes() }; break;
                    case 5: span = span with { Name = input.ReadString() }; break;
                    case 7: span = span with { Begun = input.ReadFixed64() }; break;
                    case 8: span = span with { Ended = input.ReadFixed64() }; break;
                    default: input.SkipLastField(); break;
                }
            return span;
        }
    }
}
