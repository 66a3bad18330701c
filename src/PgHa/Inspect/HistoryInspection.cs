using System.Text;
using PgHa.Formats;
using Spectre.Console;

namespace PgHa.Inspect;

/// <summary><c>pgha inspect history</c>.</summary>
internal static class HistoryInspection
{
    private const int MostBytes = 1 << 20;

    internal static void Inspect(string path, Report report)
    {
        var read = Read(path);
        if (!read.IsOk)
            report.Fail(read.Error, "a history file has a line \"<timeline> <LSN> <reason>\" for each ancestor; the archive or another node may have a good one");
        else if (report.IsJson)
            Write(path, read.Value, report);
        else
            Show(path, read.Value, report);
    }

    /// <summary>Reads a history file.</summary>
    internal static Parsed<TimelineHistory> Read(string path)
    {
        if (!WalFileName.TryParse(Path.GetFileName(path), out var name) || name.Kind != WalFileKind.History)
            return new FormatError(path, 0, "a name such as 00000002.history", $"\"{Path.GetFileName(path)}\"");
        var bytes = SmallFile.Read(path, "a timeline history", MostBytes);
        if (!bytes.IsOk)
            return bytes.Error;
        var history = TimelineHistory.Parse(name.Timeline, Encoding.UTF8.GetString(bytes.Value));
        return history.IsOk ? history : history.Error with { File = path };
    }

    private static void Show(string path, TimelineHistory history, Report report)
    {
        var table = new Table().AddColumn(new TableColumn("timeline").RightAligned()).AddColumn("from").AddColumn("to").AddColumn("left because");
        for (var i = 0; i < history.Entries.Count; i++)
        {
            var span = history.Entries[i];
            table.AddRow(
                new Text(span.Timeline.ToString()), new Text(span.Begin.ToString()), new Text(span.End?.ToString() ?? "(goes on)"),
                new Text(ReasonAt(history, i) ?? ""));
        }
        report.Heading($"{path}: timeline {history.Timeline}");
        report.Table(table);
    }

    private static void Write(string path, TimelineHistory history, Report report) => report.Json(json =>
    {
        json.WriteString("file", path);
        json.WriteNumber("timeline", history.Timeline.Value);
        json.WriteStartArray("lineage");
        for (var i = 0; i < history.Entries.Count; i++)
        {
            var span = history.Entries[i];
            json.WriteStartObject();
            json.WriteNumber("timeline", span.Timeline.Value);
            json.WriteString("begin", span.Begin.ToString());
            json.WriteString("switch_point", span.End?.ToString());
            json.WriteString("reason", ReasonAt(history, i));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private static string? ReasonAt(TimelineHistory history, int i) => i < history.Reasons.Count ? history.Reasons[i] : null;
}
