using System.Text;
using PgHa.Agent.Etcd;

namespace PgHa.Cluster.Tests.Etcd;

/// <summary>User and password, and certificates.</summary>
public sealed class EtcdAccessTests : EtcdTest
{
    [Fact]
    public async Task A_user_logs_in_again_when_his_token_is_forgotten_and_sees_only_his_keys()
    {
        await using var trio = await EtcdTrio.Running();
        var password = Path.Combine(trio.Members[0].Folder, "password");
        await Secret(password, "right\n");
        using var user = trio.Client(o => o with { User = "pgha", PasswordFile = password });
        await Commit(user, Put("/pgha/test/k", "before")); // etcd asks nobody yet
        await Protect(trio);

        using var nobody = trio.Client();
        await Named(nobody, "/pgha/test/k", "user name is empty", "failover.etcd_user");
        var revision = await Commit(user, Put("/pgha/test/k", "1"));
        await Named(user, "/other/k", "permission denied", "readwrite");
        foreach (var member in trio.Members) // their tokens are lost with them
        {
            await member.Kill();
            member.Start();
            await member.HasLeader();
        }
        await Answers(user, "/pgha/test/k");
        Assert.Equal(revision, (await Read(user, "/pgha/test/k"))?.Revision);
        await Watched(user, revision);

        await Secret(password, "wrong\n");
        using var wrong = trio.Client(o => o with { User = "pgha", PasswordFile = password });
        await Named(wrong, "/pgha/test/k", "invalid user ID or password", "failover.etcd_password_file");
        File.Delete(password);
        await Named(wrong, "/pgha/test/k", $"{password} does not exist", "create it");
    }

    [Fact]
    public async Task Etcd_beside_takes_nobody_without_a_certificate_of_the_agents_authority()
    {
        await using var trio = await EtcdTrio.Running(new Certificates());
        Assert.All(trio.Options.Endpoints, e => Assert.Equal("https", e.Scheme));
        using (var client = trio.Client())
            await Commit(client, Swap("/k", 0, "1"));
        using (var bare = trio.Client(o => o with { Tls = null }))
            Assert.Contains("does it trust the authority", (await bare.ReadAsync("/k", Bound, Cancel)).Outage?.Hint, StringComparison.Ordinal);

        using var others = new Certificates();
        var folder = await TestRun.NewFolder("foreign");
        await others.Certify(folder, "127.0.0.1");
        using (var distrusting = trio.Client(o => o with { CaFile = Path.Combine(folder, "ca") }))
        {
            var outage = (await distrusting.ReadAsync("/k", Bound, Cancel)).Outage!;
            Assert.Contains("TLS", outage.Reason, StringComparison.Ordinal);
            Assert.Contains("security.tls.ca_file", outage.Hint, StringComparison.Ordinal);
        }
        using (var foreign = trio.Client(o => o with { Tls = new(Path.Combine(folder, "crt"), Path.Combine(folder, "key")) }))
            Assert.Contains("does it trust the authority", (await foreign.ReadAsync("/k", Bound, Cancel)).Outage?.Hint, StringComparison.Ordinal);
        var (none, error) = EtcdClient.Create(trio.Options with { CaFile = Path.Combine(folder, "key") }, TimeProvider.System);
        Assert.Null(none);
        Assert.Equal("failover.etcd_ca_file", error?.Key);
    }

    /// <summary>A permission that has to be asked for, and a token that was forgotten.</summary>
    private static async Task Watched(EtcdClient user, long revision)
    {
        await foreach (var e in user.WatchAsync("/pgha/test/", revision, TimeSpan.FromSeconds(5), Cancel))
        {
            Assert.Equal("/pgha/test/k=1", Words(e));
            break;
        }
        await foreach (var e in user.WatchAsync("/other/", revision, TimeSpan.FromSeconds(5), Cancel))
        {
            Assert.Contains("permission denied", Assert.IsType<EtcdEvent.Broken>(e).Why.Reason, StringComparison.Ordinal);
            break;
        }
    }

    private static Task Answers(EtcdClient client, string key) => Wait.Until("etcd answers again", async () => (await client.ReadAsync(key, Bound, Cancel)).IsOk, 30);

    private static async Task Named(EtcdClient client, string key, string reason, string hint)
    {
        var answer = await client.ReadAsync(key, Bound, Cancel);
        Assert.False(answer.IsOk);
        Assert.Contains(reason, answer.Outage.Reason, StringComparison.Ordinal);
        Assert.Contains(hint, answer.Outage.Hint, StringComparison.Ordinal);
    }

    private static async Task Protect(EtcdTrio trio)
    {
        await trio.Json("/v3/auth/user/add", """{"name":"root","password":"rootpw"}""");
        await trio.Json("/v3/auth/role/add", """{"name":"root"}""");
        await trio.Json("/v3/auth/user/grant", """{"user":"root","role":"root"}""");
        await trio.Json("/v3/auth/user/add", """{"name":"pgha","password":"right"}""");
        await trio.Json("/v3/auth/role/add", """{"name":"pgha"}""");
        await trio.Json("/v3/auth/role/grant", $$"""{"name":"pgha","perm":{"permType":"READWRITE","key":"{{Base64("/pgha/test/")}}","range_end":"{{Base64("/pgha/test0")}}"} }""");
        await trio.Json("/v3/auth/user/grant", """{"user":"pgha","role":"pgha"}""");
        await trio.Json("/v3/auth/enable", "{}");
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static async Task Secret(string path, string text)
    {
        await File.WriteAllTextAsync(path, text, Cancel);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
