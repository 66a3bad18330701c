using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using PgHa.Agent.Configuration;
using PgHa.Client.Operations;

namespace PgHa.Agent.Traces;

/// <summary>
/// Each operation as a trace, sent by OTLP once it has ended: a span for the operation, one for each of its steps, and one for the time in which no node accepted writes. They have the times of the operation's
/// report. What cannot be delivered is dropped.
/// </summary>
internal sealed class OperationTraces : IDisposable
{
    private const string Name = "pgha";
    private const int EndsWithin = 200; // milliseconds
    private readonly ActivitySource _source = new(Name);
    private readonly TracerProvider? _sends;

    /// <summary>Sends nothing where <c>traces</c> is not set.</summary>
    public OperationTraces(AgentOptions options)
    {
        if (options.Traces is not { } collector)
            return;
        var resource = ResourceBuilder.CreateEmpty().AddService(Name, serviceNamespace: options.Cluster, autoGenerateServiceInstanceId: false, serviceInstanceId: options.Node);
        _sends = Sdk.CreateTracerProviderBuilder().AddSource(Name).SetResourceBuilder(resource).SetSampler(new AlwaysOnSampler())
            .AddOtlpExporter(otlp => (otlp.Protocol, otlp.Endpoint, otlp.Headers, otlp.HttpClientFactory) = (OtlpExportProtocol.HttpProtobuf, new(collector, "/v1/traces"), "", Client)).Build();
    }

    /// <summary>An operation has ended.</summary>
    internal void Ended(OperationReport report)
    {
        Activity.Current = null; // the call that began it is not its parent: it ended before
        using var all = _source.StartActivity(report.Goal, ActivityKind.Internal, default(ActivityContext), Of(report), startTime: report.Started);
        if (all is null)
            return; // nobody wants it
        foreach (var step in report.Steps)
            if (step is { At: { } at, Milliseconds: { } took })
                Span(all, $"{step.Node}: {step.Step}", report.Started, at, took, Of(step), step.State == StepState.Failed ? step.Evidence ?? "failed" : null);
        if (report.WritesInterruptedMs is { } interrupted && report.Steps.First(s => s.LastWriteAt is not null).LastWriteAt is { } last)
            Span(all, "no node accepts writes", report.Started, last, interrupted, [], null);
        if (report.State != OperationState.Done)
            all.SetStatus(ActivityStatusCode.Error, report.Failure?.Message ?? report.Recovery?.Message);
        all.SetEndTime((report.Ended ?? report.Started).UtcDateTime);
    }

    /// <summary>A collector that is silent does not hold up the agent's end.</summary>
    public void Dispose()
    {
        _sends?.Shutdown(EndsWithin);
        _sends?.Dispose();
        _source.Dispose();
    }

    private static HttpClient Client() => new(new SocketsHttpHandler { UseProxy = false });

    private void Span(Activity all, string name, DateTimeOffset begun, double at, double took, IEnumerable<KeyValuePair<string, object?>> tags, string? failure)
    {
        using var span = _source.StartActivity(name, ActivityKind.Internal, all.Context, tags, startTime: begun.AddMilliseconds(at));
        if (failure is not null)
            span?.SetStatus(ActivityStatusCode.Error, failure);
        span?.SetEndTime(begun.AddMilliseconds(at + took).UtcDateTime);
    }

    private static IEnumerable<KeyValuePair<string, object?>> Of(OperationReport report) =>
    [
        new("pgha.operation", report.Id),
        new("pgha.coordinator", report.Coordinator),
        new("pgha.state", JsonNamingPolicy.SnakeCaseLower.ConvertName(report.State.ToString())),
        new("pgha.reason", report.Reason),
        new("pgha.writes_interrupted_ms", report.WritesInterruptedMs),
    ];

    private static IEnumerable<KeyValuePair<string, object?>> Of(StepReport step) =>
        [new("pgha.node", step.Node), new("pgha.stage", step.Stage.ToString(CultureInfo.InvariantCulture)), new("pgha.evidence", step.Evidence)];
}
