using System.CommandLine;

namespace PgHa.Inspect;

/// <summary>
/// <c>pgha inspect</c>: PostgreSQL's files read as they lie there, without a server. Exit code 0 when all could be read, 1 when
/// something is wrong with a file (the others are still shown), 2 for a wrong command line.
/// </summary>
internal static class InspectCommand
{
    internal static Command Create() => new("inspect", "Read PostgreSQL's files (13 to 18) offline: no server is needed, nothing is changed.")
    {
        OfFiles("control", "Show pg_control, as pg_controldata does.", "a data directory, or its global/pg_control",
            "pgha inspect control /var/lib/postgresql/15/main", ControlInspection.Inspect),
        WalCommand.Create(),
        WalEndCommand.Create(),
        OfFiles("slot", "Show the state files of replication slots.", "a folder pg_replslot/NAME, or the file state in it",
            "pgha inspect slot /var/lib/postgresql/15/main/pg_replslot/*", SlotInspection.Inspect),
        OfFiles("history", "Show the lineage of a timeline: its ancestors, where each was left, and why.", "a file such as 00000002.history",
            "pgha inspect history /var/lib/postgresql/15/main/pg_wal/*.history", HistoryInspection.Inspect),
    };

    /// <summary>The option all of them take.</summary>
    internal static Option<bool> Json() => new("--json") { Description = "one JSON object on a line for each thing shown, for programs" };

    /// <summary>The files all of them take.</summary>
    internal static Argument<string[]> Files(string description)
    {
        var files = new Argument<string[]>("FILE") { Description = description, Arity = ArgumentArity.OneOrMore };
        files.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => t.Value.StartsWith('-')))
                result.AddError($"unknown option '{token.Value}' (for a file of that name write ./{token.Value})");
        });
        return files;
    }

    private static Command OfFiles(string name, string what, string file, string example, Action<string, Report> inspect)
    {
        var (files, json) = (Files(file), Json());
        var command = new Command(name, $"{what}\n\nExample: {example}") { files, json };
        command.SetAction(parsed =>
        {
            using var report = new Report(parsed.InvocationConfiguration, parsed.GetValue(json));
            foreach (var path in parsed.GetValue(files)!)
                inspect(path, report);
            return report.ExitCode;
        });
        return command;
    }
}
