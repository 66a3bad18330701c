using System.Text.Json;
using System.Text.Json.Serialization;

namespace PgHa.Formats;

/// <summary>Writes an <see cref="Lsn"/> as its text form, for example "16/B374D848".</summary>
public sealed class LsnJsonConverter : JsonConverter<Lsn>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">The value is not a string, or not an LSN.</exception>
    public override Lsn Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Lsn.TryParse(reader.GetString(), out var lsn)
            ? lsn
            : throw new JsonException("an LSN such as \"16/B374D848\" is expected");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Lsn value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
