using Microsoft.AspNetCore.Http;
using PgHa.Agent.Api;
using PgHa.Agent.Configuration;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Api;

[Trait("Category", "Fast")]
public sealed class BrowserRulesTests
{
    [Theory]
    [InlineData("127.0.0.1:8079")]
    [InlineData("127.0.0.2:8079")]
    [InlineData("[::1]:8079")]
    [InlineData("localhost:8079")]
    [InlineData("PG-NODE01:8079")]
    [InlineData("pg-node02")]
    [InlineData("agent2.example:8079")]
    [InlineData("this-machine:8079")]
    public void A_program_may_use_any_address_and_any_name_of_the_cluster(string host) => Assert.Null(Refuse("POST", host));

    [Theory]
    [InlineData("evil.example:8079")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example:8079")]
    [InlineData("2130706433.evil.example")]
    [InlineData("")]
    public void A_name_that_was_made_to_point_here_is_refused_without_a_token(string host)
    {
        Assert.Equal(Code.Credentials, Refuse("GET", host)!.Code);
        Assert.Null(Refuse("GET", host, hasToken: true));
    }

    [Theory]
    [InlineData("https://evil.example", true)]
    [InlineData("null", true)]
    [InlineData("http://127.0.0.1:80", true)]
    [InlineData("https://127.0.0.1:8079", true)]
    [InlineData("http://127.0.0.1:8079", false)]
    public void A_page_of_another_origin_is_refused_with_and_without_a_token(string origin, bool refused)
    {
        foreach (var method in (string[])["GET", "POST", "DELETE", "PUT", "OPTIONS"])
            foreach (var hasToken in (bool[])[false, true])
                Assert.Equal(refused, Refuse(method, "127.0.0.1:8079", hasToken, ("Origin", origin)) is not null);
    }

    [Theory]
    [InlineData("cross-site", true)]
    [InlineData("same-site", true)]
    [InlineData("something-new", true)]
    [InlineData("same-origin", false)]
    [InlineData("none", false)]
    public void Where_a_browser_says_the_request_comes_from_counts(string site, bool refused) =>
        Assert.Equal(refused, Refuse("GET", "127.0.0.1:8079", false, ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "no-cors")) is not null);

    [Theory]
    [InlineData("GET", "document", false)]
    [InlineData("GET", "iframe", true)]
    [InlineData("POST", "document", true)]
    public void A_link_may_be_followed_and_a_form_may_not_be_sent(string method, string destination, bool refused) => Assert.Equal(refused,
        Refuse(method, "127.0.0.1:8079", false, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", destination)) is not null);

    private static Refusal? Refuse(string method, string host, bool hasToken = false, params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Scheme = "http";
        context.Request.Host = new(host);
        foreach (var (name, value) in headers)
            context.Request.Headers[name] = value;
        return new BrowserRules(Options, hasToken, "this-machine").Refuse(context.Request);
    }

    private static AgentOptions Options { get; } = new()
    {
        Cluster = "main",
        Node = "pg-node01",
        Listen = new("http://127.0.0.1:8079"),
        Nodes =
        [
            new("pg-node01", new("http://127.0.0.1:8079"), "127.0.0.1", 5432),
            new("pg-node02", new("http://agent2.example:8079"), "127.0.0.2", 5432),
        ],
        Postgres = new() { DataDir = "/data", Superuser = "postgres", ReplicationUser = "postgres" },
        StateDir = "/state",
        Slots = new(),
        Security = new(),
    };
}
