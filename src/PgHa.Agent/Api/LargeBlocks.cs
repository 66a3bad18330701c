using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace PgHa.Agent.Api;

/// <summary>
/// The memory that sockets read into, in blocks of 64 KB. Kestrel's own are of 4 KB: an upload would cost a system call for each, ten
/// times the work. A connection without a request holds none.
/// </summary>
internal sealed class LargeBlocks : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int Block = 1 << 16;

    public override int MaxBufferSize => Shared.MaxBufferSize;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, Block));

    protected override void Dispose(bool disposing)
    {
    }
}
