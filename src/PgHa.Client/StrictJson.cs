using System.Text.Json.Serialization;
using PgHa.Client.Operations;

namespace PgHa.Client;

/// <summary>The bodies of requests: unknown, missing and repeated fields are an error, and so is null in a field that has none.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OperationLock))]
[JsonSerializable(typeof(StayRequest))]
[JsonSerializable(typeof(ClusterChange))]
public sealed partial class StrictJson : JsonSerializerContext;
