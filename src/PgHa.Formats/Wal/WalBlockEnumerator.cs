namespace PgHa.Formats.Wal;

/// <summary>Goes through the block references of a record whose parts were all checked.</summary>
public ref struct WalBlockEnumerator
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _major;
    private int _headerAt, _payloadAt, _left;
    private WalBlockHeader _header;

    internal WalBlockEnumerator(ReadOnlySpan<byte> bytes, int payload, int count, int major)
    {
        _bytes = bytes;
        (_headerAt, _payloadAt, _left, _major) = (WalRecordHeader.Size, payload, count, major);
    }

    /// <summary>The block reference reached.</summary>
    public WalBlock Current { get; private set; }

    /// <summary>Goes to the next one.</summary>
    public bool MoveNext()
    {
        if (_left == 0)
            return false;
        while (_bytes[_headerAt] > WalRecordLayout.MaxBlockId)
            _headerAt += _bytes[_headerAt] == WalRecordLayout.OriginId ? 3 : 5;
        _header.Read(_bytes[_headerAt..], _major);
        _headerAt += _header.Size;
        var image = Take(_header.ImageLength);
        Current = new WalBlock(_header, _major, image, Take(_header.DataLength));
        _left--;
        return true;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        _payloadAt += count;
        return _bytes.Slice(_payloadAt - count, count);
    }
}
