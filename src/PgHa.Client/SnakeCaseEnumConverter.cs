using System.Text.Json;
using System.Text.Json.Serialization;

namespace PgHa.Client;

/// <summary>Enumerations go over the wire as their names in snake_case.</summary>
public sealed class SnakeCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
