using System.Text.Json.Nodes;
using PgHa.Agent.Api;
using PgHa.Agent.Security;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>The answers that are no success. The body of each is the same.</summary>
internal static class Refusals
{
    private static readonly (string Name, string Text, string Example)[] Known =
    [
        ("Invalid", "The request was not understood: code 2, or 15 for an upload.", """{"code":2,"msg":"invalid option dryrun=true","hint":"options: dryRun=true|false, stepwise=true|false, force=true|false, timeout=SECONDS"}"""),
        ("NoToken", "Code 14: bad or missing token.", """{"code":14,"msg":"bad or missing credentials","hint":"send the content of security.token_file: -H \"Authorization: Bearer $PGHA_TOKEN\""}"""),
        ("NotAllowed", "Code 14: the role of the token is not enough, or a web page of another origin asks.", """{"code":14,"msg":"the token grafana has the role read, which is not enough for POST /api/pg/v1/instance/all","hint":"use a token with the role operate: pgha token add NAME ROLE makes one (docs/security.md)"}"""),
        ("NotFound", "Code 1: there is no such thing; or 2: no such path.", """{"code":1,"msg":"this agent knows no operation none","hint":"GET /api/pg/v2/operations lists them; each agent knows those it was called for"}"""),
        ("Refused", "Codes 3, 5, 6, 7, 8, 11, 12 and 13: nothing was changed.", """{"code":6,"msg":"pg-node01 is writable","hint":"it serves: POST instance/slave on pg-node02 lets pg-node02 follow, and POST instance/switchover/masterSlave on pg-node01 exchanges the roles then"}"""),
        ("OtherRequest", "Code 2: another request had this Idempotency-Key.", """{"code":2,"msg":"the Idempotency-Key is that of another request","hint":"give each request a key of its own"}"""),
        ("Failed", "Code 9: a step failed. The message says what is in force now.", """{"code":9,"msg":"the agent failed: …","hint":"look at the agent's log"}"""),
        ("Unreachable", "Code 10: a node that has to act, or etcd, cannot be reached.", """{"code":10,"msg":"pg-node01 cannot be reached","hint":"see that its agent runs"}"""),
        ("Late", "Code 9: not finished in time. The operation goes on, and Location names it.", """{"code":9,"msg":"not finished after 60 s: exchange the roles; it goes on","hint":"see GET /api/pg/v2/operations/ID"}"""),
        ("Other", "Any other refusal.", """{"code":2,"msg":"PUT is not possible on /api/pg/v1/instance/all","hint":"possible: DELETE, GET, POST"}"""),
    ];

    public static JsonObject All() => new(Known.Select(k => KeyValuePair.Create(k.Name, (JsonNode?)Response(k.Text, new() { ["refusal"] = new JsonObject { ["value"] = JsonNode.Parse(k.Example) } }))));

    /// <summary>With examples of its own.</summary>
    public static JsonObject WithExamples(string name, JsonObject examples) => Response(Known.First(k => k.Name == name).Text, examples);

    /// <summary>Those that a call may be answered with.</summary>
    public static IEnumerable<(string Status, string Name)> Of(DocumentedCall call, AccessNeed need)
    {
        var changes = call.Method is "POST" or "PUT" or "DELETE";
        yield return ("400", "Invalid");
        if (need != AccessNeed.Nothing)
        {
            yield return ("401", "NoToken");
            yield return ("403", "NotAllowed");
            if (call.Method == "DELETE" || call.Path.Contains('{') || call.Table is not null)
                yield return ("404", "NotFound");
            yield return ("409", "Refused");
            if (call.Table is CallTable.Requests or CallTable.NativeRequests)
                yield return ("422", "OtherRequest");
            yield return ("500", "Failed");
            if (changes)
                yield return ("502", "Unreachable");
            if (call.Options.Any(o => o.Name == "timeout"))
                yield return ("504", "Late");
        }
        yield return ("default", "Other");
    }

    private static JsonObject Response(string text, JsonObject examples) => new()
    {
        ["description"] = text,
        ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Schemas.Ref("Refusal"), ["examples"] = examples } },
    };
}
