using System.Text.Json;
using System.Text.Json.Serialization;

namespace PgHa.Formats;

/// <summary>Writes a <see cref="TimelineId"/> as a JSON number.</summary>
public sealed class TimelineIdJsonConverter : JsonConverter<TimelineId>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">The value is not a number from 0 to 4294967295.</exception>
    public override TimelineId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetUInt32(out var value)
            ? new TimelineId(value)
            : throw new JsonException("a timeline number is expected");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TimelineId value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Value);
}
