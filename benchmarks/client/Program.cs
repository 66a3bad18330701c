using System.Text.Json;
using PgHa.Bench;

return args switch
{
    ["write", var contender, var load, .. var hosts] when hosts.Length >= 2 => await Round.RunAsync(contender, Load.Named(load), hosts),
    ["report", "table", var file] => Report.Table(Read(file), Console.Out),
    ["report", "json", var file] => Report.Json(Read(file), Console.Out),
    ["report", "svg", var file] => Plot.Write(Read(file), Console.Out),
    _ => Usage(),
};

static IReadOnlyList<Figures> Read(string file) => [.. File.ReadLines(file).Select(line => JsonSerializer.Deserialize(line, FiguresJson.Default.Figures)!)];

static int Usage()
{
    Console.Error.WriteLine("""
        pgha-bench write CONTENDER LOAD HOST:PORT HOST:PORT...
          writes to whichever of the servers accepts writes. Says "writing" when all clients do, and goes on. A line on standard
          input, with the interruption in milliseconds as measured from inside or nothing, says that the switchover was carried
          out: it then ends soon, looks for every acknowledged row, and prints the figures as one line of JSON
        pgha-bench report table|json|svg FILE
          makes a table, statistics or a plot from such lines
        """);
    return 2;
}
