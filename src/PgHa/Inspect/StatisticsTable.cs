using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Sums = PgHa.Inspect.WalStatistics.Sums;

namespace PgHa.Inspect;

/// <summary>Shows statistics, each figure with its part of the total in per cent.</summary>
internal static class StatisticsTable
{
    internal static void Show(WalStatistics statistics, bool perOperation, Report report)
    {
        var rows = (perOperation ? statistics.PerOperation() : statistics.PerRmgr()).ToList();
        if (report.IsJson)
            Write(rows, statistics.Total, report);
        else
            Draw(rows, statistics.Total, report);
    }

    private static void Draw(List<(string Rmgr, string? Operation, Sums Sums)> rows, Sums total, Report report)
    {
        var table = new Table().AddColumn("");
        foreach (var name in (string[])["records", "%", "record bytes", "%", "FPI bytes", "%", "combined bytes", "%"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var (rmgr, operation, sums) in rows)
            table.AddRow(Cells(operation is null ? rmgr : $"{rmgr}/{operation}", sums, total));
        table.AddEmptyRow();
        table.AddRow(Cells("total", total, total));
        report.Table(table);
    }

    private static Text[] Cells(string name, Sums sums, Sums total) =>
    [
        new(name),
        .. Pair(sums.Count, total.Count), .. Pair(sums.Record, total.Record),
        .. Pair(sums.Image, total.Image), .. Pair(sums.Combined, total.Combined),
    ];

    private static Text[] Pair(long part, long total) =>
        [new(part.ToString(CultureInfo.InvariantCulture)), new(Percent(part, total).ToString("F2", CultureInfo.InvariantCulture))];

    private static double Percent(long part, long total) => total == 0 ? 0 : 100.0 * part / total;

    private static void Write(List<(string Rmgr, string? Operation, Sums Sums)> rows, Sums total, Report report) => report.Json(json =>
    {
        json.WriteStartArray("statistics");
        foreach (var (rmgr, operation, sums) in rows)
        {
            json.WriteStartObject();
            json.WriteString("rmgr", rmgr);
            if (operation is not null)
                json.WriteString("operation", operation);
            Figures(json, sums, total);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("total");
        Figures(json, total, total);
        json.WriteEndObject();
    });

    private static void Figures(Utf8JsonWriter json, Sums sums, Sums total)
    {
        foreach (var (name, part, whole) in ((string, long, long)[])
        [
            ("count", sums.Count, total.Count), ("record_bytes", sums.Record, total.Record),
            ("fpi_bytes", sums.Image, total.Image), ("combined_bytes", sums.Combined, total.Combined),
        ])
        {
            json.WriteNumber(name, part);
            json.WriteNumber(name.Replace("_bytes", "") + "_percent", Math.Round(Percent(part, whole), 2));
        }
    }
}
