using CsCheck;
using PgHa.Formats.Tests.Support;
using PgHa.Formats.Wal;

namespace PgHa.Formats.Tests.Wal;

public sealed class PageImageTests
{
    [Fact]
    public async Task Restored_images_of_a_new_index_are_the_pages_on_disk()
    {
        await using var server = await Postgres.Create();
        var start = server.Control.CheckPoint;
        await server.Start();
        await server.Sql("create table t as select i, repeat(md5((i % 300)::text), 3) v from generate_series(1, 6000) i");
        string[] methods = ["off", "pglz", "lz4", "zstd"];
        var files = new Dictionary<uint, (string Method, string Path)>();
        foreach (var method in methods)
        {
            await server.Sql($"set wal_compression = {method}", $"create index by_{method} on t (v, i) with (deduplicate_items = off)");
            var at = await server.Sql($"select pg_relation_filepath('by_{method}')");
            files.Add(uint.Parse(Path.GetFileName(at), null), (method, Path.Combine(server.Data, at)));
        }
        await server.Stop();

        var equal = methods.ToDictionary(m => m, _ => 0);
        using var wal = WalFolder.Of(server);
        for (var reader = wal.Reader(start); reader.MoveNext();)
            Compare(reader, files, equal);
        Assert.All(methods, method => Assert.InRange(equal[method], 50, int.MaxValue));
    }

    [Fact]
    [Trait("Category", "Fast")]
    public void Damaged_images_are_refused_or_decoded_within_the_page() =>
        Gen.Select(Gen.Byte.Array[1, 400], Gen.Int[0, 9000]).Sample((bytes, length) =>
        {
            var target = new byte[length];
            _ = Pglz.TryDecompress(bytes, target);
            _ = Lz4.TryDecompress(bytes, target);
            _ = Zstd.TryDecompress(bytes, target);
            byte[] frame = [0x28, 0xB5, 0x2F, 0xFD, .. bytes];
            _ = Zstd.TryDecompress(frame, target);
        }, time: 2);

    private static void Compare(WalReader reader, Dictionary<uint, (string Method, string Path)> files, Dictionary<string, int> equal)
    {
        Assert.True(WalRecord.TryRead(reader.Current, reader.Data, reader.Major, out var record, out _));
        var page = new byte[PageImage.PageSize];
        foreach (var block in record)
        {
            if (ResourceManager.NameOf(record.Header.Rmgr) != "XLOG" || !files.TryGetValue(block.Relation.FileNumber, out var file)
                || !block.TryRestoreImage(page))
                continue;
            using var disk = File.OpenHandle(file.Path);
            var there = new byte[PageImage.PageSize];
            RandomAccess.Read(disk, there, (long)block.Block * PageImage.PageSize);
            // The page's LSN and checksum are set after the record is made; what lies in the hole means nothing.
            there.AsSpan(block.Image!.Value.HoleOffset, block.Image.Value.HoleLength).Clear();
            Assert.Equal(there[10..], page[10..]);
            equal[file.Method]++;
        }
    }
}
