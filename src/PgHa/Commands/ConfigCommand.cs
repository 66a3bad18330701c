using System.CommandLine;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Agent.Postgres;

namespace PgHa.Commands;

/// <summary><c>pgha config check</c>: what is in force and where it came from; with --peers also whether the nodes can work together.</summary>
internal static class ConfigCommand
{
    internal static Command Create()
    {
        var config = ConfigFile.Option();
        var peers = new Option<bool>("--peers") { Description = "also try everything the nodes need of each other, in both directions" };
        var check = new Command("check", "Validate the configuration and print what is in force.") { config, peers };
        check.SetAction((parsed, cancel) => RunAsync(parsed.GetValue(config)!, parsed.GetValue(peers), cancel));
        return new Command("config", "The agent's configuration.") { check };
    }

    private static async Task<int> RunAsync(string file, bool peers, CancellationToken cancel)
    {
        if (ConfigFile.Load(file) is not { Options: { } options } loaded || !ConfigFile.TryReadToken(options, out var token) || !ConfigFile.TryReadCertificate(options, out var certificate))
            return 1;
        var width = loaded.Settings.Max(s => s.Key.Length);
        foreach (var setting in loaded.Settings)
            Console.WriteLine($"{setting.Key.PadRight(width)}  {setting.Value}  ({setting.Source})");
        foreach (var warning in new[] { AgentRules.Warn(options), certificate is null ? null : TlsFiles.Warn(certificate, TimeProvider.System.GetUtcNow()) }.OfType<Complaint>())
            Console.WriteLine($"warn  {warning.Message}\n      hint: {warning.Hint}");
        foreach (var sentence in FailoverWords.Of(options.Failover))
            Console.WriteLine($"note  {sentence}");
        if (!peers && OwnerReading.OfServerIn(options.Postgres.DataDir) is { } owner)
            Console.WriteLine($"warn  the server on {options.Postgres.DataDir} belongs to {owner.Words}, which may start it again when pgha stops it\n      hint: {OwnerRules.WayOut(owner)}");
        if (DataOwner.Problem(options.Postgres.DataDir) is { } foreign)
        {
            await Console.Error.WriteLineAsync($"{(Environment.IsPrivilegedProcess ? "note" : "error")}: {foreign}");
            if (!Environment.IsPrivilegedProcess) // root checks for the user who is to run the agent
                return 1;
        }
        return peers ? await PeerChecks.RunAsync(options, token, cancel) : 0;
    }
}
