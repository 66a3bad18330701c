using System.Text.Json.Serialization;
using PgHa.Client.Operations;

namespace PgHa.Client;

/// <summary>What operators write: unknown fields are an error.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ClusterChange))]
public sealed partial class StrictJson : JsonSerializerContext;
