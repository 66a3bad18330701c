using System.Buffers;
using Microsoft.Win32.SafeHandles;
using PgHa.Agent.Files;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>Files on their way into pg_wal: beside it in the same folder, under names that PostgreSQL passes over, until they are verified.</summary>
internal sealed class WalStaging(DataDirectory data)
{
    private const string Suffix = ".pgha-staging";

    /// <summary>An empty file of its own, which is gone when it is disposed of without having been placed.</summary>
    internal StagedFile Create(string name) => new(Path.Combine(data.WalFolder, $"{name}.{Guid.NewGuid():N}{Suffix}"), Path.Combine(data.WalFolder, name));

    /// <summary>Removes what an agent that crashed left behind; for the start, before any file is staged.</summary>
    internal void RemoveLeftovers()
    {
        if (!Directory.Exists(data.WalFolder) || data.Problem(data.ReadControl()) is not null)
            return;
        foreach (var left in Directory.EnumerateFiles(data.WalFolder, "*" + Suffix))
            File.Delete(left);
    }
}

/// <summary>A file that is not in its place yet.</summary>
internal sealed class StagedFile : IDisposable
{
    /// <summary>So much is written before the disk is set to work on it.</summary>
    private const long Ahead = 4 << 20;

    private readonly string _path;
    private readonly SafeFileHandle _handle; // FileStream seeks each time it gives its handle away
    private long _begun;
    private bool _placed;

    internal StagedFile(string path, string target)
    {
        (_path, Target) = (path, target);
        Stream = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        _handle = Stream.SafeFileHandle;
        File.SetUnixFileMode(_handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Where it is to go.</summary>
    internal string Target { get; }

    internal FileStream Stream { get; }

    internal long Length => RandomAccess.GetLength(_handle);

    /// <summary>Writes at the end of what was written so far; the disk works on it while more is received.</summary>
    internal async ValueTask WriteAsync(ReadOnlySequence<byte> bytes, long offset, CancellationToken cancel)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        foreach (var part in bytes)
            parts.Add(part);
        await RandomAccess.WriteAsync(_handle, parts, offset, cancel);
        if (offset + bytes.Length - _begun < Ahead)
            return;
        Linux.BeginWriting(_handle, _begun, offset + bytes.Length - _begun);
        _begun = offset + bytes.Length;
    }

    internal int Read(long offset, Span<byte> buffer)
    {
        var total = 0;
        while (total < buffer.Length && RandomAccess.Read(_handle, buffer[total..], offset + total) is > 0 and var read)
            total += read;
        return total;
    }

    /// <summary>XXH128 over a part of the segment that it is to become, as <see cref="PgHa.Client.Facts.WalDigest"/> has it; null if a part is missing.</summary>
    internal string? Digest(WalSegment segment, Lsn from, Lsn to) => UsedWal.Digest(
        (at, buffer) => at >= segment.Start && at < segment.End ? Read((long)(at - segment.Start), buffer[..(int)Math.Min((ulong)buffer.Length, segment.End - at)]) : 0,
        segment.Size, from, to, CancellationToken.None);

    /// <summary>Waits for the disk, on a thread that nobody else waits for.</summary>
    internal Task SyncAsync() => Task.Factory.StartNew(
        () => Stream.Flush(flushToDisk: true), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Puts it in its place, over what is there; durable when this returns.</summary>
    internal void Place()
    {
        DurableFile.Rename(_path, Target);
        _placed = true;
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_placed)
            File.Delete(_path);
    }
}
