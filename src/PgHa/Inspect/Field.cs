using System.Globalization;
using System.Text.Json;
using PgHa.Formats;

namespace PgHa.Inspect;

/// <summary>One value of a file, for people and for programs.</summary>
/// <param name="Key">Its name in JSON.</param>
/// <param name="Label">Its name for people.</param>
/// <param name="Value">A text, a number, a flag, a position, a time, or null.</param>
internal readonly record struct Field(string Key, string Label, object? Value)
{
    /// <summary>Shows a file's fields, one on a line.</summary>
    internal static void Show(string path, IReadOnlyList<Field> fields, Report report)
    {
        if (report.IsJson)
        {
            report.Json(json =>
            {
                json.WriteString("file", path);
                foreach (var field in fields)
                    field.Write(json);
            });
            return;
        }
        report.Heading($"{path}:");
        var width = fields.Max(f => f.Label.Length) + 2;
        foreach (var field in fields)
            report.Line($"{(field.Label + ":").PadRight(width)}{field.Text}");
    }

    /// <summary>A point in time as people read it, always UTC.</summary>
    internal static string TimeText(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture) + " UTC";

    /// <summary>A point in time as programs read it (RFC 3339).</summary>
    internal static string TimeJson(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFZ", CultureInfo.InvariantCulture);

    private string Text => Value switch
    {
        null => "",
        bool flag => flag ? "yes" : "no",
        DateTimeOffset time => TimeText(time),
        _ => Convert.ToString(Value, CultureInfo.InvariantCulture) ?? "",
    };

    private void Write(Utf8JsonWriter json)
    {
        json.WritePropertyName(Key);
        switch (Value)
        {
            case null: json.WriteNullValue(); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case uint number: json.WriteNumberValue(number); break;
            case TimelineId timeline: json.WriteNumberValue(timeline.Value); break;
            case DateTimeOffset time: json.WriteStringValue(TimeJson(time)); break;
            default: json.WriteStringValue(Text); break;
        }
    }
}
