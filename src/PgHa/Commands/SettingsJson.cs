using System.Buffers;
using System.Text;
using System.Text.Json;
using PgHa.Agent.Configuration;

namespace PgHa.Commands;

/// <summary>The settings in force, for programs.</summary>
internal static class SettingsJson
{
    /// <summary>An array with an object for each.</summary>
    internal static string Of(IReadOnlyList<Setting> settings)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartArray();
            foreach (var setting in settings)
            {
                json.WriteStartObject();
                json.WriteString("key", setting.Key);
                json.WriteString("value", setting.Value);
                json.WriteString("source", setting.Source);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }
}
