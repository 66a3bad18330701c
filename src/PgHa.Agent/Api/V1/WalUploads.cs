using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Agent.Postgres;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Api.V1;

/// <summary>
/// A WAL file pushed to this node. A slow upload blocks no other call, because the node's lock is taken only when the file is complete,
/// while it is verified and placed.
/// </summary>
internal sealed class WalUploads(
    AgentOptions options, AgentBoot boot, NodeLock nodeLock, ClusterLock locks, LiveOperations live, ClusterObserver cluster, WalStaging staging, WalPlacing placing) : IDisposable
{
    private static readonly JsonWriterOptions PlainText = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly SemaphoreSlim _onePlacing = new(1);

    public void Dispose() => _onePlacing.Dispose();

    internal async Task<IResult> ReceiveAsync(HttpContext http, string name)
    {
        if (!WalFileName.TryParse(name, out var file))
            return NotAName($"{name} is not the name of a WAL file");
        var limit = await placing.LimitAsync(file, http.RequestAborted);
        if (!limit.IsOk)
            return limit.Refusal.Code == Code.Invalid ? NotAName(limit.Refusal.Message) : Answers.Refuse(limit.Refusal);
        if (nodeLock.Holder is { } holder && await locks.MayBeLiveAsync(holder, http.RequestAborted))
            return Answers.Refuse(ClusterLock.Busy(holder));
        if (AgreementRules.Refuse(await cluster.ObserveAsync(fresh: false, http.RequestAborted)) is { } disagreement)
            return Answers.Refuse(disagreement);
        using var staged = staging.Create(file.ToString());
        if (await UploadBody.CopyAsync(http.Request, staged, limit.Value, http.RequestAborted) is { } bad)
            return Answers.Refuse(bad);
        await staged.SyncAsync();
        var refusal = await PlaceAsync(file, staged, http.RequestAborted);
        return refusal is null ? Uploaded(staged.Target) : Answers.Refuse(refusal);
    }

    /// <summary>An operation that runs on this node keeps the file out, and the other way round; uploads only wait for each other.</summary>
    private async Task<Refusal?> PlaceAsync(WalFileName file, StagedFile staged, CancellationToken cancel)
    {
        var own = new OperationLock("upload-" + Guid.NewGuid().ToString("N"), options.Node, boot.Id, $"place {file} in pg_wal of {options.Node}", options.Identity);
        await _onePlacing.WaitAsync(cancel);
        live.Begin(own.Operation);
        try
        {
            return await locks.TakeAsync(own, options.Node, cancel) ?? await placing.PlaceAsync(file, staged, cancel);
        }
        finally
        {
            nodeLock.Release(own.Operation);
            live.End(own.Operation);
            _onePlacing.Release();
        }
    }

    private static IResult NotAName(string message) =>
        Answers.Refuse(new(Code.Invalid, message, "write it as 000000030000000000000039"), StatusCodes.Status404NotFound);

    /// <summary>The answer of the specification, its angle brackets as they are.</summary>
    private static WrittenJson Uploaded(string path) => WrittenJson.Of(new WalUploaded(Code.Done, $"The file <{path}> was uploaded"), WireJson.Default.WalUploaded, PlainText);
}
