using System.CommandLine;
using System.Globalization;
using PgHa.Agent;
using PgHa.Agent.Configuration;
using PgHa.Agent.Security;

namespace PgHa.Commands;

/// <summary><c>pgha token</c>: the tokens of people and programs in <c>security.tokens_file</c> of this machine. Agents read the file by themselves.</summary>
internal static class TokenCommand
{
    private const int MostDays = 3660;

    internal static Command Create()
    {
        var config = ConfigFile.Option();
        return new("token", "The tokens of people and programs, with a role each (docs/security.md).") { Add(config), List(config), Remove(config) };
    }

    private static Command Add(Option<string> config)
    {
        var (name, role) = (Name(), new Argument<string>("role") { Description = "read, operate, peer or admin" });
        var days = new Option<int?>("--days") { Description = "for how many days it counts (default: without an end)", HelpName = "N" };
        var add = new Command("add", Help.Of("Make a token and write its hash to the file. It is printed once, and not kept anywhere. Do the same on the other machines by copying the file.",
            "pgha token add grafana read", "pgha token add ana operate --days 90")) { config, name, role, days };
        add.SetAction(parsed => Change(parsed.GetValue(config)!, (file, tokens) =>
        {
            var (wanted, word, count) = (parsed.GetValue(name)!, parsed.GetValue(role)!, parsed.GetValue(days));
            if (!AccessRules.Words.TryGetValue(word, out var given))
                return Refuse($"{word} is no role", $"roles: {string.Join(", ", AccessRules.Words.Keys)}");
            if (!NamedToken.IsName(wanted))
                return Refuse($"'{wanted}' cannot be a name", "1 to 64 letters, digits, and . - _ @");
            if (tokens.Any(t => t.Name == wanted))
                return Refuse($"there is a token {wanted}", $"give it another name, or remove that one: pgha token remove {wanted}");
            if (count is < 1 or > MostDays)
                return Refuse($"--days {count} is not possible", $"1 to {MostDays}");
            var until = count is { } left ? DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(left) : (DateOnly?)null;
            var (token, kept) = NamedToken.Make(wanted, given, until);
            Write(file, [.. tokens, kept]);
            parsed.InvocationConfiguration.Output.WriteLine(token);
            return Exit.Done;
        }));
        return add;
    }

    private static Command List(Option<string> config)
    {
        var list = new Command("list", Help.Of("Show the names, roles and last days of all tokens.", "pgha token list")) { config };
        list.SetAction(parsed => Change(parsed.GetValue(config)!, (_, tokens) =>
        {
            foreach (var token in tokens)
            {
                var end = token.Until is { } until ? " until " + until.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "";
                parsed.InvocationConfiguration.Output.WriteLine($"{token.Name} {token.Role.ToString().ToLowerInvariant()}{end}");
            }
            return Exit.Done;
        }));
        return list;
    }

    private static Command Remove(Option<string> config)
    {
        var name = Name();
        var remove = new Command("remove", Help.Of("Take a token away. It does not count from the next call on.", "pgha token remove ana")) { config, name };
        remove.SetAction(parsed => Change(parsed.GetValue(config)!, (file, tokens) =>
        {
            var wanted = parsed.GetValue(name)!;
            if (tokens.All(t => t.Name != wanted))
                return Refuse($"there is no token {wanted}", "pgha token list shows all");
            Write(file, [.. tokens.Where(t => t.Name != wanted)]);
            return Exit.Done;
        }));
        return remove;
    }

    private static Argument<string> Name() => new("name") { Description = "whose it is" };

    private static int Change(string config, Func<string, IReadOnlyList<NamedToken>, int> change)
    {
        if (ConfigFile.Load(config) is not { Options: { } options })
            return Exit.Refused;
        if (options.Security.TokensFile is not { } file)
            return Refuse($"security.tokens_file is not set in {config}", "set it, for example to /etc/pgha/tokens, and pgha reload-config");
        if (!File.Exists(file))
            return Refuse($"{file} does not exist", $"make it, readable by the agent's user: install -m 640 -o root -g postgres /dev/null {file}");
        var (tokens, problem) = AgentStart.ReadTokens(file);
        return problem is null ? change(file, tokens) : Refuse(problem, "mend the line, or remove it");
    }

    /// <summary>In the same file, so that its owner and mode stay. An agent that reads it meanwhile keeps what it had, and reads it again.</summary>
    private static void Write(string file, IEnumerable<NamedToken> tokens)
    {
        TokensFile.Read(file, out var before);
        var comments = before.Split('\n').Where(line => line.StartsWith('#'));
        File.WriteAllLines(file, [.. comments, .. tokens.Select(t => t.Line)]);
    }

    private static int Refuse(string message, string hint)
    {
        Console.Error.WriteLine($"error: {message}");
        Console.Error.WriteLine($"  hint: {hint}");
        return Exit.Refused;
    }
}
