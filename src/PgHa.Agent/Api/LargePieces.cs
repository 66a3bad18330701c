using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace PgHa.Agent.Api;

/// <summary>
/// A response body that reads files in large pieces straight into the buffer that the socket is fed from. Kestrel has no sendfile: its
/// own way goes through a buffer of 16 KB, and through the thread pool for each.
/// </summary>
internal sealed class LargePieces(IHttpResponseBodyFeature inner) : IHttpResponseBodyFeature
{
    private const int Piece = 1 << 18;

    public Stream Stream => inner.Stream;

    public PipeWriter Writer => inner.Writer;

    public Task CompleteAsync() => inner.CompleteAsync();

    public void DisableBuffering() => inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        var end = offset + (count ?? RandomAccess.GetLength(file) - offset);
        while (offset < end)
        {
            var buffer = Writer.GetMemory(Piece);
            var read = RandomAccess.Read(file, buffer.Span[..(int)Math.Min(buffer.Length, end - offset)], offset);
            if (read == 0)
                throw new EndOfStreamException($"{path} became shorter while it was sent");
            offset += read;
            Writer.Advance(read);
            if ((await Writer.FlushAsync(cancellationToken)).IsCompleted)
                return; // the caller has left
        }
    }
}
