namespace PgHa.Formats.Wal;

/// <summary>A block that a record changes, with the image and the data kept for it (access/xlogrecord.h).</summary>
public readonly ref struct WalBlock
{
    private readonly WalBlockHeader _header;

    private readonly int _major;

    internal WalBlock(scoped in WalBlockHeader header, int major, ReadOnlySpan<byte> image, ReadOnlySpan<byte> data)
    {
        (_header, _major) = (header, major);
        ImageBytes = image;
        Data = data;
    }

    /// <summary>The number of the reference in the record, 0 to 32.</summary>
    public byte Id => _header.Id;

    /// <summary>The relation.</summary>
    public RelationId Relation => _header.Relation;

    /// <summary>The relation's fork.</summary>
    public ForkName Fork => (ForkName)(_header.Flags & 0x0F);

    /// <summary>The block's number in the fork.</summary>
    public uint Block => _header.Block;

    /// <summary>Replay begins with an empty page (BKPBLOCK_WILL_INIT).</summary>
    public bool WillInit => (_header.Flags & 0x40) != 0;

    /// <summary>What is known of the full-page image; null without one.</summary>
    public PageImage? Image => _header.ImageOf(_major);

    /// <summary>The image as stored: perhaps compressed, without its hole; empty without one.</summary>
    public ReadOnlySpan<byte> ImageBytes { get; }

    /// <summary>The resource manager's data for this block; may be empty.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Makes the whole page of the image: decompressed, the hole filled with zeros.</summary>
    /// <param name="page">Where it goes, <see cref="PageImage.PageSize"/> bytes.</param>
    /// <returns>False without an image and with a damaged one.</returns>
    public bool TryRestoreImage(Span<byte> page)
    {
        if (Image is not { } image)
            return false;
        page = page[..PageImage.PageSize];
        var raw = page[..image.RawLength];
        var whole = image.Compression switch
        {
            ImageCompression.None => ImageBytes.TryCopyTo(raw),
            ImageCompression.Pglz => Pglz.TryDecompress(ImageBytes, raw),
            ImageCompression.Lz4 => Lz4.TryDecompress(ImageBytes, raw),
            ImageCompression.Zstd => Zstd.TryDecompress(ImageBytes, raw),
            _ => false,
        };
        raw[image.HoleOffset..].CopyTo(page[(image.HoleOffset + image.HoleLength)..]);
        page.Slice(image.HoleOffset, image.HoleLength).Clear();
        return whole;
    }
}
