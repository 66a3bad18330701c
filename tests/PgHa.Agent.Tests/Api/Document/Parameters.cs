using System.Text.Json.Nodes;
using PgHa.Agent.Api;
using PgHa.Agent.Plans;
using PgHa.Client;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>The parameters of calls: in the path, in the query, and the header that names a call.</summary>
internal static class Parameters
{
    /// <summary>A name that the examples use.</summary>
    public const string Node = "pg-node02";

    /// <summary>By what stands before it in the path, and its name: what it is, and an example.</summary>
    private static readonly Dictionary<(string Before, string Name), (string Text, JsonObject Schema, string Example)> InPath = new()
    {
        [("instance", "scope")] = ("`current` (the called node), `all`, or the name of a node", Text(), "all"),
        [("lsn", "scope")] = ("`current` (the called node), `all`, or the name of a node", Text(), "all"),
        [("slots", "scope")] = ("`current` (the called node), `all`, or the name of a node", Text(), "all"),
        [("walFile", "name")] = ("the name of a file of pg_wal", Text(), "000000010000000000000001"),
        [("walFiles", "name")] = ("the name of a WAL segment", Text(), "000000010000000000000001"),
        [("walFiles", "timeline")] = ("a timeline, decimal", Text(), "1"),
        [("validLsn", "timeline")] = ("a timeline, decimal", Text(), "1"),
        [("{timeline}", "hi")] = ("the LSN before its slash, hexadecimal", Text(), "0"),
        [("{hi}", "lo")] = ("the LSN after its slash, hexadecimal", Text(), "1000028"),
        [("file", "hi")] = ("the LSN before its slash, hexadecimal", Text(), "0"),
        [("slot", "name")] = ("the name of a slot", Text(), "orders"),
        [("slots", "name")] = ("the name of a slot", Text(), "orders"),
        [("{name}", "what")] = ("all columns, both positions, or the bytes of its state file", new() { ["type"] = "string", ["enum"] = new JsonArray("all", "lsn", "file") }, "all"),
        [("salvage", "id")] = ("the name of a salvage, as in `GET salvage`", Text(), "20300131T030000Z"),
        [("operations", "id")] = ("the id of an operation, as in `GET operations`", Text(), "6a1d6a0f3c3b4c1e9e1f0d8f2f7c8a55"),
        [("lock", "operation")] = ("the id of an operation", Text(), "6a1d6a0f3c3b4c1e9e1f0d8f2f7c8a55"),
    };

    /// <summary>By name and what it may be, where README.md does not say it.</summary>
    private static readonly Dictionary<(string Name, string Value), string> InQuery = new()
    {
        [("last", "LINES")] = "how many lines, 1 to 10000 (100)",
        [("fresh", "true|false")] = "look anew, instead of at what was seen a moment ago",
        [("from", "LSN")] = "where it begins",
        [("to", "LSN")] = "where it ends",
        [("at", "LSN")] = "the position",
        [("node", "NODE")] = "the node that is meant",
        [("nodes", "NODES")] = "the nodes that are gone",
        [("within", "SECONDS")] = "how long it may take, 1 to 600 (30)",
        [("steps", "NUMBER")] = "by how many steps (1)",
        [("all", "true")] = "to its end",
        [("restart", "true|false")] = "restart the standby where a slot can be placed only while it is down (before 16)",
        [("rejoin", "rewind|reclone")] = "how a node whose WAL forked follows again, after what exists only there was salvaged",
        [("by", "restart|promote")] = "exchange the roles by restart on the same timeline, or by promotion",
        [("unlogged", "accept")] = "unlogged tables may be emptied",
        [("from", "NODE")] = "the running node that is copied (the primary)",
        [("force", "NODES")] = "the nodes that cannot be asked and for which you answer",
        [("force", "true")] = "by hand: a server that systemd or a supervisor owns may be stopped",
        [("accept", "NODES")] = "the nodes that cannot be seen and for which you answer",
        [("upstream", "NODE")] = "the node to follow",
        [("source", "NODE")] = "the node that it is taken from",
        [("successor", "NODE")] = "the node that becomes primary",
        [("until", "shut-down")] = "done as soon as the control file says that it is shut down: a slow archiver is not waited for",
        [("as", "primary|standby|recovery")] = "what it starts as",
        [("primary", "known")] = "who was primary last is known",
        [("names", "SETTING")] = "the value of synchronous_standby_names",
        [("later", "SETTING")] = "its value once that has been seen",
        [("settings", "SETTINGS")] = "settings as `NAME='VALUE'`, with a comma and a blank between them; `NAME` alone takes one back",
        [("earlier", "given-up")] = "what an earlier one could not salvage is given up",
    };

    /// <summary>Those of a call.</summary>
    public static JsonArray Of(DocumentedCall call)
    {
        var parameters = new JsonArray();
        var parts = call.Path.Split('/');
        foreach (var part in parts.Where(p => p.StartsWith('{')))
            parameters.Add(InThePath(parts[Array.IndexOf(parts, part) - 1], part.Trim('{', '}')));
        foreach (var option in call.Options)
            parameters.Add(InTheQuery(call, option));
        if (call.Table is CallTable.Requests or CallTable.NativeRequests || call.Path.EndsWith("/{id}/resume", StringComparison.Ordinal))
            parameters.Add(Header(Routes.KeyHeader, "names the call, so that it is carried out once however often it comes"));
        if (call.Table is CallTable.Steps)
            parameters.Add(Header(Routes.OperationHeader, "the operation in whose course it is called; without it, it is called by hand"));
        return parameters;
    }

    /// <summary>The map of states: a word by the name of each node.</summary>
    public static JsonObject States() => new()
    {
        ["type"] = "object",
        ["description"] = "The state of each node, in the specification's words.",
        ["additionalProperties"] = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("single", "master", "slave", "recovery", "inactive", "unknown") },
    };

    /// <summary>The schema of an option or of a field.</summary>
    public static JsonObject Schema(RequestOption option) => option.Values switch
    {
        null => Text(),
        ["LSN"] => Schemas.Ref("Lsn"),
        ["LINES" or "SECONDS" or "NUMBER"] => new() { ["type"] = "integer", ["minimum"] = 1 },
        ["NODES"] => new() { ["type"] = "string", ["description"] = "names of nodes, separated by commas" },
        ["SETTING"] => Text(),
        ["true", "false"] or ["true"] => new() { ["type"] = "boolean" },
        var values => new() { ["type"] = "string", ["enum"] = new JsonArray([.. values.Select(v => JsonValue.Create(v))]) },
    };

    private static JsonObject InThePath(string before, string name)
    {
        var (text, schema, example) = InPath.TryGetValue((before, name), out var known) ? known
            : throw new InvalidOperationException($"nothing is said of {{{name}}} after {before}: Parameters.InPath");
        return new() { ["name"] = name, ["in"] = "path", ["required"] = true, ["description"] = text, ["schema"] = schema.DeepClone(), ["example"] = example };
    }

    private static JsonObject InTheQuery(DocumentedCall call, RequestOption option)
    {
        var value = option.Values is null ? option.Name == "settings" ? "SETTINGS" : "NODE" : string.Join('|', option.Values);
        var text = InQuery.GetValueOrDefault((option.Name, value)) ?? Words.OfOption(option.Name)
            ?? throw new InvalidOperationException($"nothing is said of {option.Name}={value} of {call.Method} {call.Path}: Parameters.InQuery");
        var parameter = new JsonObject { ["name"] = option.Name, ["in"] = "query", ["description"] = text, ["schema"] = Schema(option) };
        if (option.Needed)
            parameter["required"] = true;
        if (Example(option) is { } example)
            parameter["example"] = example;
        return parameter;
    }

    /// <summary>A value of an option whose values are no words of its own.</summary>
    public static string Free(RequestOption option) => option.Name == "settings" ? "work_mem='8MB'" : Node;

    /// <summary>What a page fills in: changes are only tried unless a person says otherwise.</summary>
    private static JsonNode? Example(RequestOption option) => option switch
    {
        { Name: "dryRun" } => true,
        { Needed: true, Values: null } => Free(option),
        { Needed: true, Values: ["LSN"] } => "0/1000028",
        { Needed: true, Values: ["NODES"] } => Node,
        { Needed: true, Values: ["SETTING"] } => "ANY 1 (\"pg-node02\")",
        { Needed: true, Values: var values } => values[0],
        _ => null,
    };

    private static JsonObject Header(string name, string text) => new() { ["name"] = name, ["in"] = "header", ["description"] = text, ["schema"] = Text() };

    private static JsonObject Text() => new() { ["type"] = "string" };
}
