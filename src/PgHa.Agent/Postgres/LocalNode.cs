using System.ComponentModel;
using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>The node this agent runs beside.</summary>
internal sealed class LocalNode(
    AgentOptions options, DataDirectory data, SharedObservation observations, WalReading reading, LastRecordReading lastRecord, SlotReading slots, NextStartReading nextStart, LocalSteps steps, DirectorySwap swap, StepProgress progress, NodeLock nodeLock, StepTrace trace) : INode, IDisposable
{
    private readonly SemaphoreSlim _oneStep = new(1);
    private readonly ClusterIdentity _identity = options.Identity;

    public void Dispose() => _oneStep.Dispose();

    public string Name => options.Node;

    public Task<NodeObservation> ObserveAsync(bool fresh, CancellationToken cancel) => observations.GetAsync(fresh, cancel);

    public Task<Answer<WalPosition>> WalPositionAsync(CancellationToken cancel) => LookAsync(async () =>
    {
        var seen = await observations.GetAsync(fresh: true, cancel);
        return await Task.Run(() => reading.PositionAsync(seen, cancel), cancel);
    });

    public Task<Answer<LastRecord>> LastRecordAsync(CancellationToken cancel) => LookAsync(async () =>
    {
        var seen = await observations.GetAsync(fresh: true, cancel);
        var position = await Task.Run(() => reading.PositionAsync(seen, cancel), cancel);
        return position.IsOk ? await Task.Run(() => lastRecord.Read(seen, position.Value), cancel) : position.Refusal;
    });

    public Task<Answer<WalDigest>> WalDigestAsync(Lsn from, Lsn to, CancellationToken cancel) =>
        ReadWalAsync((folder, _) => folder.Digest(from, to, cancel), cancel);

    public Task<Answer<WalTail>> WalTailAsync(Lsn at, CancellationToken cancel) =>
        ReadWalAsync((folder, position) => WalTailReading.Read(folder, position, at, cancel), cancel);

    public async Task<Answer<long>> CopyWalAsync(Lsn from, Lsn to, Stream destination, CancellationToken cancel)
    {
        var bytes = await ReadWalAsync((folder, _) => folder.Bytes(from, to), cancel);
        if (!bytes.IsOk)
            return bytes.Refusal;
        await destination.WriteAsync(bytes.Value, cancel);
        return bytes.Value.LongLength;
    }

    private async Task<Answer<T>> ReadWalAsync<T>(Func<WalFolder, WalPosition, T> read, CancellationToken cancel)
    {
        var position = await WalPositionAsync(cancel);
        if (!position.IsOk)
            return position.Refusal;
        return await LookAsync(() => Task.Run<Answer<T>>(() =>
        {
            using var folder = reading.Open(position.Value);
            return read(folder, position.Value);
        }, cancel));
    }

    public Task<Answer<SlotsReport>> SlotsAsync(CancellationToken cancel) => LookAsync(() => slots.ReadAsync(cancel));

    public Task<Answer<NextStart>> NextStartAsync(CancellationToken cancel) => LookAsync(() => nextStart.ReadAsync(cancel));

    public Task<Answer<byte[]>> SlotFileAsync(string name, CancellationToken cancel) => LookAsync(() => Task.FromResult(slots.File(name)));

    public Task<Answer<DecodingFile[]>> DecodingFilesAsync(Lsn from, CancellationToken cancel) => LookAsync(() => Task.FromResult<Answer<DecodingFile[]>>(slots.DecodingFiles(from)));

    public Task<Answer<bool>> LogRunningTransactionsAsync(CancellationToken cancel) => LookAsync(() => slots.LogRunningTransactionsAsync(cancel));

    /// <summary>What cannot be read of the node is an answer, too: nobody knows it then.</summary>
    private async Task<Answer<T>> LookAsync<T>(Func<Task<Answer<T>>> look)
    {
        try
        {
            return await look();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NpgsqlException or SocketException or TimeoutException or Win32Exception)
        {
            return new Refusal(Code.WrongState, $"{Name} cannot be looked at: {e.Message}", "look at its disk, and at whom the files belong to");
        }
    }

    public async Task<Answer<long>> CopyWalFileAsync(string name, Stream destination, CancellationToken cancel)
    {
        if (WalFile(name) is not { } path)
            return NoSuchFile(name);
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await file.CopyToAsync(destination, cancel);
        return file.Length;
    }

    /// <summary>The path of a file of pg_wal, if the name is one and the file is there.</summary>
    internal string? WalFile(string name) =>
        WalFileName.TryParse(name, out var parsed) && Path.Combine(data.WalFolder, parsed.ToString()) is var path && File.Exists(path) ? path : null;

    internal Refusal NoSuchFile(string name) =>
        new(Code.NotFound, $"{options.Node} has no WAL file {name}", "see GET walFiles, or ask another node");

    public async Task<StepResult> RunAsync(Step step, string operation, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(step);
        await _oneStep.WaitAsync(cancel);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(step.Bound);
        var entered = nodeLock.Enter(operation);
        try
        {
            if (!entered)
                return StepResult.Failed(new(Code.Busy, $"operation {operation} does not hold the lock of {options.Node}", "repeat the call"), neverWritable: true);
            trace.Begin(step, operation);
            return await steps.RunAsync(step, operation, bounded.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return StepResult.Failed(Code.StepFailed, $"not finished after {step.Bound.TotalMinutes} minutes", $"look at the server log of {options.Node}");
        }
        catch (IOException e) when (Linux.IsDiskFull(e))
        {
            return StepResult.Failed(Code.StepFailed, $"the disk of {options.Node} is full: {e.Message}", "make room there, then repeat the call");
        }
        catch (Exception e) when (e is NpgsqlException or IOException or UnauthorizedAccessException or TimeoutException or Win32Exception)
        {
            return StepResult.Failed(Code.StepFailed, $"{options.Node}: {e.Message}", "look at the server's and the agent's log");
        }
        finally
        {
            progress.Text = null;
            if (entered && step.Changes)
                observations.Forget();
            if (entered)
            {
                trace.End();
                nodeLock.Leave();
            }
            _oneStep.Release();
        }
    }

    /// <summary>Removes what a step that was broken off left beside the data directory; null, or why that failed.</summary>
    internal async Task<Refusal?> RemoveLeftoversAsync(CancellationToken cancel)
    {
        await _oneStep.WaitAsync(cancel);
        try
        {
            return swap.RemoveSide();
        }
        finally
        {
            _oneStep.Release();
        }
    }

    /// <summary>Carries out a step that another agent sent, unless the two disagree about the cluster.</summary>
    internal Task<StepResult> RunForAsync(Step step, string operation, string? digest, CancellationToken cancel)
    {
        var holder = nodeLock.Holder is { } held && held.Operation == operation ? held : null;
        return AgreementRules.RefuseStep(Name, _identity, step, digest, holder) is { } refusal
            ? Task.FromResult(StepResult.Failed(refusal, neverWritable: true))
            : RunAsync(step, operation, cancel);
    }

    public async Task<Answer<LockAnswer>> LockAsync(OperationLock wanted, CancellationToken cancel)
    {
        if (AgreementRules.RefuseLock(Name, _identity, wanted) is { } refusal)
            return refusal;
        var answer = nodeLock.Take(wanted);
        if (answer.Granted)
            await nodeLock.EndUpkeepAsync(cancel);
        return answer;
    }

    public Task UnlockAsync(string operation, CancellationToken cancel)
    {
        nodeLock.Release(operation);
        return Task.CompletedTask;
    }
}
