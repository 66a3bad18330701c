using System.CommandLine;
using System.Net.Security;
using PgHa.Agent;
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
        var check = new Command("check", "Validate the configuration and print what is in force.\n\nExamples:\n  pgha config check\n  pgha config check --peers") { config, peers };
        check.SetAction((parsed, cancel) => RunAsync(parsed.GetValue(config)!, parsed.GetValue(peers), cancel));
        return new Command("config", "The agent's configuration.") { check, Show() };
    }

    private static Command Show()
    {
        var (config, json) = (ConfigFile.Option(), new Option<bool>("--json") { Description = "JSON for programs: each setting with its value and where it came from" });
        var show = new Command("show", "Print what is in force, and where each value came from.\n\nExample: pgha config show") { config, json };
        show.SetAction(parsed =>
        {
            if (ConfigFile.Load(parsed.GetValue(config)!) is not { } loaded)
                return Exit.Refused;
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
                output.WriteLine(SettingsJson.Of(loaded.Settings));
            else
                Print(loaded.Settings, output);
            return Exit.Done;
        });
        return show;
    }

    private static void Print(IReadOnlyList<Setting> settings, TextWriter output)
    {
        var width = settings.Max(s => s.Key.Length);
        foreach (var setting in settings)
            output.WriteLine($"{setting.Key.PadRight(width)}  {setting.Value}  ({setting.Source})");
    }

    private static Complaint? Warn(AgentOptions options, SslStreamCertificateContext? certificate, TimeProvider time) => certificate is null ? null
        : TlsFiles.Warn(certificate, time.GetUtcNow()) ?? PeerAccess.Warn(options, certificate, TlsFiles.ReadClients(options.Security.Tls!).Clients, time);

    private static async Task<int> RunAsync(string file, bool peers, CancellationToken cancel)
    {
        if (ConfigFile.Load(file) is not { Options: { } options } loaded || !ConfigFile.TryReadToken(options, out var token) || !ConfigFile.TryReadCertificate(options, out var certificate))
            return 1;
        Print(loaded.Settings, Console.Out);
        foreach (var warning in new[] { AgentRules.Warn(options), Warn(options, certificate, TimeProvider.System) }.OfType<Complaint>())
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
        return !peers ? 0 : ConfigFile.TryReadLocalToken(options, token, out var own) ? await PeerChecks.RunAsync(options, n => n.Name == options.Node ? own : token, certificate, cancel) : 1;
    }
}
