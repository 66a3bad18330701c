using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>
/// The schemas of what goes over the wire, from the contracts by which it is written. Each record and each enumeration has a name of its own. In an answer a field is required if it is always written; in a
/// body, if it must be given.
/// </summary>
internal sealed class Schemas
{
    private readonly SortedDictionary<string, JsonNode> _named = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Type> _types = [];

    /// <summary>All that were named.</summary>
    public JsonObject Named => new(_named.Select(n => KeyValuePair.Create(n.Key, (JsonNode?)n.Value.DeepClone())));

    /// <summary>The schema of a type.</summary>
    /// <param name="type">Its contract.</param>
    /// <param name="isBody">Whether it is read, and not written.</param>
    public JsonNode Of(JsonTypeInfo type, bool isBody = false) =>
        JsonSchemaExporter.GetJsonSchemaAsNode(type, new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = (context, node) => Transform(context, node, isBody) });

    /// <summary>A reference to a schema by its name.</summary>
    public static JsonObject Ref(string name) => new() { ["$ref"] = "#/components/schemas/" + name };

    private JsonNode Transform(JsonSchemaExporterContext context, JsonNode node, bool isBody)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        var schema = type == typeof(Lsn) ? Name("Lsn", type, () => Pattern("^[0-9A-F]{1,8}/[0-9A-F]{1,8}$", "0/5E000140"))
            : type == typeof(TimelineId) ? Name("Timeline", type, () => new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["description"] = "The number of a timeline." })
            : type == typeof(SlotPositions) ? Name("SlotPositions", type, Positions)
            : type.IsEnum ? Name(type.Name, type, () => Values(type, context.TypeInfo.Options))
            : context.TypeInfo.Kind == JsonTypeInfoKind.Object ? Name(type.Name + (isBody ? "Body" : ""), type, () => Record(context.TypeInfo, node.AsObject(), isBody))
            : WithoutNull(node.AsObject());
        if (context.PropertyInfo is not { } property)
            return schema;
        if (IsWrittenAsNull(property))
            schema = schema["type"] is JsonValue only ? With(schema, "type", new JsonArray(only.GetValue<string>(), "null")) : new JsonObject { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
        return Words.OfProperty(MemberOf(property).DeclaringType!, MemberOf(property).Name) is { } words ? With(schema, "description", words) : schema;
    }

    private JsonObject Name(string name, Type type, Func<JsonNode> make)
    {
        if (_types.TryGetValue(name, out var other) && other != type)
            throw new InvalidOperationException($"{type} and {other} have the same name in the document");
        _types[name] = type;
        if (!_named.ContainsKey(name))
            _named[name] = make();
        return Ref(name);
    }

    private static JsonObject Record(JsonTypeInfo type, JsonObject node, bool isBody)
    {
        var properties = node["properties"]!.AsObject();
        var record = new JsonObject { ["type"] = "object" };
        if (Words.OfType(type.Type) is { } words)
            record["description"] = words;
        var needed = isBody ? node["required"]?.AsArray().Select(n => n!.GetValue<string>()) ?? [] : type.Properties.Where(p => properties.ContainsKey(p.Name) && IsAlwaysWritten(p)).Select(p => p.Name);
        if (needed.ToArray() is { Length: > 0 } names)
            record["required"] = new JsonArray([.. names.Select(n => JsonValue.Create(n))]);
        record["properties"] = properties.DeepClone();
        if (isBody)
            record["additionalProperties"] = false;
        return record;
    }

    private JsonNode Positions() => new JsonObject
    {
        ["description"] = Words.OfType(typeof(SlotPositions)),
        ["anyOf"] = new JsonArray(
            Of(WireJson.Default.Refusal),
            new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = new JsonArray("string", "null"), ["pattern"] = "^[0-9A-F]{1,8}/[0-9A-F]{1,8}$" } }),
    };

    private static JsonObject Pattern(string pattern, string example) =>
        new() { ["type"] = "string", ["pattern"] = pattern, ["examples"] = new JsonArray(example), ["description"] = "A position in the WAL, as PostgreSQL writes it." };

    private static JsonObject Values(Type type, JsonSerializerOptions options)
    {
        var values = Enum.GetValuesAsUnderlyingType(type).Cast<object>().Select(v => Enum.ToObject(type, v)).ToArray();
        var written = values.Select(v => JsonSerializer.SerializeToNode(v, options.GetTypeInfo(type))!).ToArray();
        var lines = values.Zip(written).Select(v => $"- `{v.Second}`: {Words.OfValue(type, v.First.ToString()!)}");
        return new()
        {
            ["type"] = written[0].GetValueKind() == JsonValueKind.Number ? "integer" : "string",
            ["enum"] = new JsonArray(written),
            ["description"] = $"{Words.OfType(type)}\n\n{string.Join('\n', lines)}",
        };
    }

    private static JsonObject WithoutNull(JsonObject node)
    {
        if (node["type"] is JsonArray types && types.Where(t => t!.GetValue<string>() != "null").ToArray() is [{ } only])
            node["type"] = only.DeepClone();
        return node;
    }

    private static JsonObject With(JsonNode node, string key, JsonNode? value)
    {
        var copy = node.DeepClone().AsObject();
        copy[key] = value;
        return copy;
    }

    /// <summary>Null where it has none, since such fields are left out elsewhere.</summary>
    private static bool IsWrittenAsNull(JsonPropertyInfo property) => IsNullable(property) && Condition(property) == JsonIgnoreCondition.Never;

    private static bool IsAlwaysWritten(JsonPropertyInfo property) => Condition(property) switch
    {
        JsonIgnoreCondition.Never => true,
        JsonIgnoreCondition.WhenWritingDefault => false,
        _ => !IsNullable(property),
    };

    private static bool IsNullable(JsonPropertyInfo property) => property.PropertyType.IsValueType ? Nullable.GetUnderlyingType(property.PropertyType) is not null : property.IsGetNullable;

    private static JsonIgnoreCondition? Condition(JsonPropertyInfo property) => MemberOf(property).GetCustomAttribute<JsonIgnoreAttribute>()?.Condition;

    private static MemberInfo MemberOf(JsonPropertyInfo property) => (MemberInfo?)property.AttributeProvider ?? throw new InvalidOperationException($"{property.Name} is no member");
}
