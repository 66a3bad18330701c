using PgHa.Agent.Api;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>The groups in which the document shows calls.</summary>
internal static class Tags
{
    public const string Health = "health";

    /// <summary>All of them, in the order in which they are shown.</summary>
    public static IReadOnlyList<(string Name, string Text)> All { get; } =
    [
        ("v1 instance", "The specification's calls: states and changes. `current` is the node whose agent is called."),
        ("v1 wal", "The specification's calls: positions and files of WAL."),
        ("v1 slots", "The specification's chapter on logical slots."),
        ("v1 salvage", "What was salvaged on the called node."),
        ("v2 cluster", "The cluster in native words. A change is answered at once with its operation."),
        ("v2 operations", "Operations of the called agent."),
        ("v2 salvage", "What was salvaged on the called node."),
        ("v2 node", "The called node, for its peers and for a closer look."),
        ("v2 steps", "The steps of plans. An agent calls them. By hand each is an operation of its own, is carried out at once, and needs the role admin."),
        ("metrics", "For Prometheus."),
        (Health, "For load balancers, with the meanings that Patroni gave to these paths. GET, HEAD or OPTIONS, without a token."),
        ("document", "This document."),
    ];

    /// <summary>The group of a call.</summary>
    public static string Of(DocumentedCall call)
    {
        var parts = call.Path.Trim('/').Split('/');
        var (version, resource) = parts is ["api", "pg", var v, var r, ..] ? (v, r) : ("", parts[0]);
        return (version, resource) switch
        {
            (_, "openapi.json" or "docs") => "document",
            ("", _) => resource,
            ("v1", "lsn" or "walFile" or "walFiles" or "validLsn") => "v1 wal",
            ("v1", "slot" or "slots") => "v1 slots",
            ("v1", "salvage") => "v1 salvage",
            ("v1", _) => "v1 instance",
            ("v2", _) when call.Table == CallTable.Steps => "v2 steps",
            _ => $"v2 {resource}",
        };
    }
}
