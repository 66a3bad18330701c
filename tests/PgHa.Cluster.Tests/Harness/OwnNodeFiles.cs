using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>
/// Files in a node's data directory that are its own, and that its configuration names: certificates, included files by all three ways, and
/// what is a link, as N1's postgresql.conf is. The other nodes have other files at the same places, and some where this one has none.
/// </summary>
internal static class OwnNodeFiles
{
    public const string Key = "server.key";

    private const string Conf = "postgresql.conf";

    /// <summary>Where N1 has nothing there is a file of N2's, which would be included.</summary>
    private static readonly string[] Places =
        [Conf, "pg_hba.conf", "admins", "server.crt", Key, "trust/ca.crt", "mine.d/10-place.conf", "mine.d/20-pg-node01.conf", "mine.d/20-pg-node02.conf", "sub/extra.conf", "maybe.conf", "here.conf"];

    /// <summary>Also moves what is particular to the node out of postgresql.conf.</summary>
    public static async Task GiveOwnFiles(this TestNode node)
    {
        var (crt, key) = Certificate(node.Name);
        await Write(node, "server.crt", crt);
        await Write(node, Key, key, "0400");
        await Write(node, "trust/ca.crt", Certificate($"trusted by {node.Name}").Certificate);
        await Write(node, "mine.d/10-place.conf", $"listen_addresses = '{node.Address}'\nport = {node.Postgres.Port}\n");
        await Write(node, $"mine.d/20-{node.Name}.conf", $"work_mem = '{node.Number + 4}MB'\n");
        await Write(node, "sub/extra.conf", $"cluster_name = '{node.Name}'\n");
        await Write(node, "admins", $"postgres\n# {node.Name}\n");
        if (node.Number == 2) await Write(node, "maybe.conf", $"listen_addresses = '{node.Address}'\n");
        var kept = File.ReadAllLines(node.Postgres.InData(Conf)).Where(l => !l.StartsWith("listen_addresses", StringComparison.Ordinal) && !l.StartsWith("port", StringComparison.Ordinal) && !l.StartsWith("cluster_name", StringComparison.Ordinal));
        await Write(node, Conf, string.Join('\n', kept) + $"""

            # of {node.Name}
            ssl = on
            ssl_ca_file = 'trust/ca.crt'
            include_dir 'mine.d'
            include 'sub/extra.conf'
            include_if_exists = 'maybe.conf'

            """);
        await Write(node, "pg_hba.conf", "local all @admins trust\n" + File.ReadAllText(node.Postgres.InData("pg_hba.conf")));
        if (node.Number != 1) return;
        await AsPostgres.Run("/bin/sh", "-c", "mkdir \"$0/etc\" && mv \"$1/postgresql.conf\" \"$0/etc\" && ln -s ../etc/postgresql.conf \"$1\" && ln -s sub/extra.conf \"$1/here.conf\"", node.Folder, node.Postgres.DataDirectory);
    }

    /// <summary>All of them, with their links and modes, and where there are none.</summary>
    public static string OwnFiles(this TestNode node) => string.Join('\n', Places.Select(place => new FileInfo(node.Postgres.InData(place)) is var file && file.LinkTarget is { } target
        ? $"{place} → {target}: {File.ReadAllText(file.FullName)}"
        : file.Exists ? $"{place} {file.UnixFileMode}: {File.ReadAllText(file.FullName)}" : $"{place}: none"));

    private static async Task Write(TestNode node, string place, string content, string mode = "0640")
    {
        var file = node.Postgres.InData(place);
        await AsPostgres.Run("/bin/sh", "-c", "mkdir -p \"$(dirname \"$0\")\" && rm -f \"$0\" && touch \"$0\" && chmod \"$1\" \"$0\"", file, mode);
        await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
    }

    private static (string Certificate, string Key) Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
        return (made.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
