using System.Net;
using System.Net.Sockets;

namespace PgHa.Cluster.Tests.Etcd;

/// <summary>What keeps a member from being started is named, with what to do.</summary>
public sealed class MemberRefusalTests : EtcdTest
{
    [Fact]
    public async Task Each_thing_that_is_wrong_is_named()
    {
        await using var trio = await EtcdTrio.Files();
        var (node, witness) = (trio.Members[0], trio.Members[2]);
        using (var taken = new TcpListener(IPAddress.Parse(node.Address), trio.Port + 1))
        {
            taken.Start();
            Assert.Contains($"{node.Address}:{trio.Port + 1} is taken", await node.Refusal(), StringComparison.Ordinal);
        }
        await Edit(witness, "pg-witness: 127.0.0.3", "w2: 127.0.0.3");
        Assert.Contains("its witnesses are w2", await witness.Refusal(), StringComparison.Ordinal);
        await Edit(node, "etcd: beside", $"etcd: [\"http://127.0.0.1:{trio.Port}\"]");
        await Edit(node, "witnesses: { pg-witness: 127.0.0.3 }", "");
        Assert.Contains("failover.etcd is not beside", await node.Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_etcd_is_refused()
    {
        await using var trio = await EtcdTrio.Files();
        var node = trio.Members[0];
        var etcd = Path.Combine(node.Folder, "etcd");
        await File.WriteAllTextAsync(etcd, "#!/bin/sh\necho etcd Version: 3.3.25\n", Cancel);
        File.SetUnixFileMode(etcd, (UnixFileMode)0x1ED);
        var said = await node.Refusal(path: $"{node.Folder}:/usr/bin:/bin");
        Assert.Contains($"{etcd} is version 3.3.25", said, StringComparison.Ordinal);
        Assert.Contains("apt-get install etcd-server", said, StringComparison.Ordinal);
        await File.WriteAllTextAsync(etcd, "#!/bin/sh\nexit 1\n", Cancel);
        Assert.Contains("does not tell a version", await node.Refusal(path: $"{node.Folder}:/usr/bin:/bin"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificates_and_addresses_have_to_be_those_of_the_machine()
    {
        await using var trio = await EtcdTrio.Files(new Certificates());
        var node = trio.Members[0];
        await trio.Certificates!.Certify(node.Folder, node.Address, "1.3.6.1.5.5.7.3.1");
        Assert.Contains("may not be used for clientAuth", await node.Refusal(), StringComparison.Ordinal);
        await trio.Certificates!.Certify(node.Folder, node.Address, "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
        Assert.Contains("--client-cert-auth=true", await node.Print(), StringComparison.Ordinal);
        await Edit(trio.Members[2], "pg-witness: 127.0.0.3", "pg-witness: 192.0.2.1");
        Assert.Contains("192.0.2.1, which is none of this machine's", await trio.Members[2].Refusal(), StringComparison.Ordinal);
        await Edit(node, $", ca_file: {node.Folder}/ca", "");
        Assert.Contains("security.tls.ca_file is missing", await node.Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_line_is_printed_and_nothing_is_written()
    {
        await using var trio = await EtcdTrio.Files();
        var printed = await trio.Members[2].Print();
        Assert.StartsWith("/usr/bin/etcd \\\n  --name=pg-witness \\\n", printed, StringComparison.Ordinal);
        Assert.Contains($"--listen-peer-urls={trio.Members[2].Peer} ", printed, StringComparison.Ordinal);
        Assert.Contains("--initial-cluster-state=new ", printed, StringComparison.Ordinal);
        Assert.Contains("--initial-cluster-state=existing ", await trio.Members[0].Print("replace"), StringComparison.Ordinal);
        Assert.All(trio.Members, m => Assert.Empty(Directory.EnumerateFileSystemEntries(m.State)));
    }

    private static async Task Edit(EtcdProcess member, string what, string to)
    {
        var text = await File.ReadAllTextAsync(member.ConfigFile, Cancel);
        Assert.Contains(what, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(member.ConfigFile, text.Replace(what, to, StringComparison.Ordinal), Cancel);
    }
}
