using System.Text.Json.Nodes;
using PgHa.Agent.Api;
using PgHa.Client;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>The headers of answers.</summary>
internal static class Headers
{
    private static readonly (string Name, string Text)[] Known =
    [
        ("Location", "The operation, or what was scheduled."),
        (Routes.ForcedHeader, "What force answered for."),
        (Routes.SlotsHeader, "The slots that are not safe on the new primary."),
        (Routes.RepeatedHeader, "It is the answer of an earlier call."),
        (Routes.HintHeader, "What the same call again would do."),
    ];

    public static JsonObject All() => new(Known.Select(h => KeyValuePair.Create(h.Name, (JsonNode?)new JsonObject { ["description"] = h.Text, ["schema"] = new JsonObject { ["type"] = "string" } })));

    /// <summary>Those of a call's answer.</summary>
    public static JsonObject Of(DocumentedCall call, int status) => new((call.Table, status) switch
    {
        (CallTable.Requests, 200) => Known.Select(h => Ref(h.Name)),
        (CallTable.Requests or CallTable.NativeRequests, 202) => [Ref("Location"), Ref(Routes.RepeatedHeader)],
        (_, 202) => [Ref(call.Path.EndsWith("/{id}/resume", StringComparison.Ordinal) ? Routes.RepeatedHeader : "Location")],
        _ => [],
    });

    private static KeyValuePair<string, JsonNode?> Ref(string name) => KeyValuePair.Create(name, (JsonNode?)new JsonObject { ["$ref"] = "#/components/headers/" + name });
}
