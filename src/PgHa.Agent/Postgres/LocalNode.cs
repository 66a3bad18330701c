using System.ComponentModel;
using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>The node this agent runs beside, as it is looked at.</summary>
internal sealed class LocalNode(
    AgentOptions options, DataDirectory data, SharedObservation observations, WalReading reading, LastRecordReading lastRecord, SlotReading slots, NextStartReading nextStart,
    SettingsReading settings, StatusReading status)
    : INode, IWalSource, ISlotSource
{
    public string Name => options.Node;

    public IWalSource Wal => this;

    public ISlotSource Slots => this;

    public Task<NodeObservation> ObserveAsync(bool fresh, CancellationToken cancel) => observations.GetAsync(fresh, cancel);

    public async Task<NodeStatus> StatusAsync(CancellationToken cancel) => await status.ReadAsync(await observations.GetAsync(fresh: false, cancel), cancel);

    public Task<Answer<WalPosition>> PositionAsync(CancellationToken cancel) => LookAsync(async () =>
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

    public Task<Answer<WalDigest>> DigestAsync(Lsn from, Lsn to, CancellationToken cancel) =>
        ReadWalAsync((folder, _) => folder.Digest(from, to, cancel), cancel);

    public Task<Answer<WalTail>> TailAsync(Lsn at, CancellationToken cancel) =>
        ReadWalAsync((folder, position) => WalTailReading.Read(folder, position, at, cancel), cancel);

    public async Task<Answer<long>> CopyAsync(Lsn from, Lsn to, Stream destination, CancellationToken cancel)
    {
        var bytes = await ReadWalAsync((folder, _) => folder.Bytes(from, to), cancel);
        if (!bytes.IsOk)
            return bytes.Refusal;
        await destination.WriteAsync(bytes.Value, cancel);
        return bytes.Value.LongLength;
    }

    private async Task<Answer<T>> ReadWalAsync<T>(Func<WalFolder, WalPosition, T> read, CancellationToken cancel)
    {
        var position = await PositionAsync(cancel);
        if (!position.IsOk)
            return position.Refusal;
        return await LookAsync(() => Task.Run<Answer<T>>(() =>
        {
            using var folder = reading.Open(position.Value);
            return read(folder, position.Value);
        }, cancel));
    }

    public Task<Answer<SlotsReport>> ReportAsync(CancellationToken cancel) => LookAsync(() => slots.ReadAsync(cancel));

    public Task<Answer<NextStart>> NextStartAsync(CancellationToken cancel) => LookAsync(() => nextStart.ReadAsync(cancel));

    public Task<Answer<SettingsReport>> SettingsAsync(string text, CancellationToken cancel) => LookAsync(() => settings.ReadAsync(text, cancel));

    public Task<Answer<byte[]>> FileAsync(string name, CancellationToken cancel) => LookAsync(() => Task.FromResult(slots.File(name)));

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

    public async Task<Answer<long>> CopyFileAsync(string name, Stream destination, CancellationToken cancel)
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
}
