using PgHa.Formats.Wal;

namespace PgHa.Formats.Tests.Support;

/// <summary>What kinds of things some WAL holds.</summary>
internal sealed class Seen
{
    public HashSet<string> Operations { get; } = [];

    public HashSet<ImageCompression> Compressions { get; } = [];

    public List<TransactionEnd> Ends { get; } = [];

    public int Records { get; private set; }

    public static Seen In(WalReader reader)
    {
        var seen = new Seen();
        for (; reader.MoveNext(); seen.Records++)
            seen.Add(reader);
        return seen;
    }

    private void Add(WalReader reader)
    {
        Assert.True(WalRecord.TryRead(reader.Current, reader.Data, reader.Major, out var record, out var error), error?.ToString());
        Operations.Add($"{ResourceManager.NameOf(record.Header.Rmgr)} {record.Operation}");
        foreach (var block in record)
            if (block.Image is { } image)
                Compressions.Add(image.Compression);
        if (TransactionEnd.TryRead(record, reader.Major, out var end, out error))
            Ends.Add(end);
        Assert.Null(error);
    }
}
