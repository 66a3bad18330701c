using System.CommandLine;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;

namespace PgHa.Commands;

/// <summary>
/// <c>pgha etcd</c> and <c>pgha witness</c>: run this machine's member of the cluster's own etcd, with all flags from the configuration. The process becomes
/// etcd, so that a supervisor has one process to look after.
/// </summary>
internal static class EtcdCommand
{
    private const string AboutEtcd = """
        Run etcd beside this node's agent (failover.etcd: beside), as a service of its own. The process becomes etcd.

        Examples:
          pgha etcd                start this node's member; a supervisor may start it again and again
          pgha etcd --print        only print the command line
          pgha etcd replace        this machine has lost its member's data: join again as a new member
        """;

    private const string AboutWitness = """
        Run etcd alone on a small machine without PostgreSQL, with a copy of any node's pgha.yml. The process becomes etcd.

        Examples:
          pgha witness --name pg-witness             start the member of that name in witnesses
          pgha witness --name pg-witness --print     only print the command line
          pgha witness replace --name pg-witness     this machine has lost its member's data: join again as a new member
        """;

    private const string AboutReplace = "Replace a member that has lost its data: the living members take the old one out and a new one in, which then runs here. It can be called again.";

    internal static Command Create() => Command("etcd", AboutEtcd, Node);

    internal static Command CreateWitness() => Command("witness", AboutWitness, Witness);

    private delegate (Option? Option, Func<ParseResult, AgentOptions, (string? Name, Complaint? Why)> Of) Naming();

    private static Command Command(string word, string about, Naming naming)
    {
        var command = Create(word, about, $"pgha {word}", replaces: false, naming);
        command.Add(Create("replace", AboutReplace, $"pgha {word}", replaces: true, naming));
        return command;
    }

    private static Command Create(string word, string about, string start, bool replaces, Naming naming)
    {
        var config = ConfigFile.Option();
        var print = new Option<bool>("--print") { Description = "print the command line of etcd and start nothing" };
        var (option, named) = naming();
        var command = new Command(word, about) { config, print };
        if (option is not null)
            command.Add(option);
        command.SetAction((parsed, cancel) => RunAsync(parsed, start, replaces, parsed.GetValue(config)!, parsed.GetValue(print), named, cancel));
        return command;
    }

    private static (Option?, Func<ParseResult, AgentOptions, (string?, Complaint?)>) Node() => (null, (_, options) => (options.Node, null));

    private static (Option?, Func<ParseResult, AgentOptions, (string?, Complaint?)>) Witness()
    {
        var name = new Option<string>("--name") { Description = "which of the witnesses in the configuration this machine is", Required = true };
        return (name, (parsed, options) => WitnessOf(parsed.GetValue(name)!, options));
    }

    private static (string? Name, Complaint? Why) WitnessOf(string name, AgentOptions options)
    {
        var nodes = options.Nodes.Select(n => n.Name).ToArray();
        if (nodes.Contains(name))
            return (null, new($"{name} is a node, not a witness", "run pgha etcd there"));
        var witnesses = (options.Failover.Etcd?.Members ?? []).Select(m => m.Name).Except(nodes).ToArray();
        return witnesses.Contains(name) ? (name, null)
            : (null, new($"{name} is not in witnesses", witnesses.Length == 0 ? $"add it to the configuration of all machines: witnesses: {{ {name}: ADDRESS }}" : $"its witnesses are {string.Join(", ", witnesses)}"));
    }

    private static async Task<int> RunAsync(
        ParseResult parsed, string start, bool replaces, string file, bool print, Func<ParseResult, AgentOptions, (string? Name, Complaint? Why)> named, CancellationToken cancel)
    {
        if (ConfigFile.Load(file) is not { Options: { } options })
            return 1;
        var (name, unnamed) = named(parsed, options);
        if (name is null)
            return Refuse(unnamed!);
        var said = $"{start}{(name == options.Node ? "" : $" --name {name}")}{(file == ConfigurationLoader.DefaultFile ? "" : $" --config {file}")}";
        try
        {
            var (run, why) = await MemberStart.PrepareAsync(new(options, name, replaces, print, said), Environment.GetEnvironmentVariable("PATH"), TimeProvider.System, Console.Error.WriteLine, cancel);
            if (run is null)
                return Refuse(why!);
            if (print)
                Console.WriteLine(string.Join(" \\\n  ", run.Arguments.Prepend(run.Program).Select(Quoted)));
            else
                run.Become(ConfigFile.Environment());
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refuse(new(e.Message, $"may this user write {options.StateDir}?"));
        }
    }

    private static int Refuse(Complaint why)
    {
        Console.Error.WriteLine($"error: {why.Message}");
        Console.Error.WriteLine($"  hint: {why.Hint}");
        return 1;
    }

    private static string Quoted(string word) => word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,[]".Contains(c, StringComparison.Ordinal)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
