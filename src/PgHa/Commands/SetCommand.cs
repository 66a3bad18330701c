using System.CommandLine;
using PgHa.Changes;
using PgHa.Client.Operations;

namespace PgHa.Commands;

/// <summary><c>pgha set</c>: settings of PostgreSQL on all nodes, in the order that they need.</summary>
internal static class SetCommand
{
    private const string What = "Set settings of PostgreSQL on all nodes, by ALTER SYSTEM: by a reload, or with restarts one after the other where only those bring them into force. "
        + "max_connections and the other limits of a standby are raised on standbys first, and lowered on the primary first. "
        + "What each node has and will have is shown first, and asked; the same command again does what is left.\n\n"
        + "NAME= takes a setting back, and NAME='' within double quotes of the shell sets it to nothing.";

    internal static Command Create()
    {
        var options = new ChangeOptions();
        var settings = new Argument<string[]>("setting") { Description = "a setting and its new value", HelpName = "NAME=VALUE", Arity = ArgumentArity.ZeroOrMore };
        var reset = new Option<string[]>("--reset") { Description = "take a setting back: it has what stands in postgresql.conf, or its default", HelpName = "NAME" };
        var inPlace = new Option<bool>("--in-place") { Description = "restart the primary where it is, instead of a switchover and back" };
        string[] examples = ["pgha set max_connections=200 --dry-run", "pgha set work_mem=64MB random_page_cost=1.1", "pgha set shared_buffers=8GB --in-place --reason \"new memory\"", "pgha set --reset work_mem"];
        return OperatorCommand.Of("set", Help.Of(What, examples),
            [settings, reset, inPlace, .. options.All], async session =>
            {
                var changes = Read(session.Value(settings) ?? [], session.Value(reset) ?? []);
                if (!changes.IsOk)
                    return session.Screen.Refuse(changes.Refusal);
                var look = await session.Access.LookAsync(session.Cancel);
                return look.IsOk ? await new SetRun(session, options, look.Value, new() { Settings = SettingChange.Text(changes.Value), By = session.Value(inPlace) ? "restart" : null }).RunAsync()
                    : session.Screen.Refuse(look.Refusal);
            });
    }

    /// <summary>What was typed, as changes.</summary>
    /// <param name="settings"><c>NAME=VALUE</c>, or <c>NAME=</c>.</param>
    /// <param name="resets">Names alone.</param>
    internal static Answer<IReadOnlyList<SettingChange>> Read(IEnumerable<string> settings, IEnumerable<string> resets)
    {
        var changes = new List<SettingChange>();
        foreach (var word in settings)
        {
            var at = word.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
                return new Refusal(Code.Invalid, $"{Terminal.Shown.Of(word)} is not of the form NAME=VALUE", "NAME= or --reset NAME takes a setting back");
            changes.Add(new(word[..at].ToLowerInvariant(), word[(at + 1)..] switch { "" => null, "''" => "", var value => value }));
        }
        changes.AddRange(resets.Select(name => new SettingChange(name.ToLowerInvariant(), null)));
        return SettingChange.Refuse(changes) is { } refusal ? refusal : changes;
    }
}
