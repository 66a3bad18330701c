using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Inspect;

/// <summary>The options of <c>pgha inspect wal</c>.</summary>
internal sealed class WalOptions
{
    private readonly Option<Lsn?> _from = Position("--from", "the first record that starts here or later");
    private readonly Option<Lsn?> _to = Position("--to", "only records that start before this position");

    private readonly Option<long?> _limit = new("--limit")
    {
        Description = "stop after so many records",
        HelpName = "N",
        CustomParser = r => long.TryParse(r.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0
            ? n : Wrong<long?>(r, "is not a number of records"),
    };

    private readonly Option<string[]> _rmgr = new("--rmgr")
    {
        Description = "only records of this resource manager, for example Heap; may be given several times",
        HelpName = "NAME",
    };

    private readonly Option<uint?> _timeline = new("--timeline")
    {
        Description = "of a folder: read along the lineage of this timeline (default: the newest there)",
        HelpName = "N",
    };

    private readonly Option<bool> _stats = new("--stats") { Description = "statistics for each resource manager instead of the records" };
    private readonly Option<bool> _operations = new("--per-operation") { Description = "statistics for each operation" };
    private readonly Option<bool> _json = InspectCommand.Json();

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[_from, _to, _limit, _rmgr, _timeline, _stats, _operations, _json])
            command.Add(option);
        _rmgr.Validators.Add(r =>
        {
            foreach (var token in r.Tokens.Where(t => NumberOf(t.Value) is null))
                r.AddError($"'{token.Value}' is no resource manager; there are: "
                    + string.Join(", ", Enumerable.Range(0, ResourceManager.BuiltIn).Select(n => ResourceManager.NameOf((byte)n)))
                    + ", custom128 to custom255");
        });
        command.Validators.Add(r =>
        {
            if (Given(r, _to) <= Given(r, _from))
                r.AddError("--to must lie behind --from");
        });
    }

    internal WalSelection Read(ParseResult parsed) => new(
        parsed.GetValue(_from),
        parsed.GetValue(_to),
        parsed.GetValue(_limit) ?? long.MaxValue,
        parsed.GetValue(_rmgr) is { Length: > 0 } names ? [.. names.Select(n => NumberOf(n)!.Value)] : null,
        parsed.GetValue(_timeline) is { } timeline ? new TimelineId(timeline) : null,
        parsed.GetValue(_stats) || parsed.GetValue(_operations),
        parsed.GetValue(_operations),
        parsed.GetValue(_json));

    private static Lsn? Given(CommandResult command, Option<Lsn?> option) =>
        command.GetResult(option) is { Tokens: [var token] } && Lsn.TryParse(token.Value, out var lsn) ? lsn : null;

    private static byte? NumberOf(string name)
    {
        for (var n = 0; n <= byte.MaxValue; n++)
            if (ResourceManager.NameOf((byte)n).Equals(name, StringComparison.OrdinalIgnoreCase))
                return (byte)n;
        return null;
    }

    private static Option<Lsn?> Position(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "LSN",
        CustomParser = r => Lsn.TryParse(r.Tokens[0].Value, out var lsn) ? lsn : Wrong<Lsn?>(r, "is not an LSN such as 16/B374D848"),
    };

    private static T? Wrong<T>(ArgumentResult result, string why)
    {
        result.AddError($"'{result.Tokens[0].Value}' {why}");
        return default;
    }
}
