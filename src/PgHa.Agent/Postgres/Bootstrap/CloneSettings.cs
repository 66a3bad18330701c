using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Makes a copy of another node this node's own before it is swapped in: what came along with the backup and belongs to the source is
/// corrected in postgresql.auto.conf (facts 6 and 9). A configuration outside is the operator's and stays. The upstream is written
/// when the server is started as standby.
/// </summary>
internal sealed class CloneSettings(AgentOptions options, PostgresBinaries binaries, ListenPlace listen)
{
    private static readonly string[] OfOneNode = ["port", "listen_addresses", "cluster_name", "unix_socket_directories", "primary_conninfo", "primary_slot_name"];

    /// <summary>Null when the directory is this node's own, else why it cannot be.</summary>
    internal async Task<Refusal?> ApplyAsync(string directory, string source, int major, CancellationToken cancel)
    {
        var auto = Path.Combine(directory, "postgresql.auto.conf");
        if (binaries.ConfigurationOutside(directory, major) is not null)
            AutoConf.Drop(auto, OfOneNode);
        else if (!File.Exists(Path.Combine(directory, "postgresql.conf")))
            return new(Code.WrongState, $"the backup of {source} brought no postgresql.conf, and {options.Node} has none of its own", "put one there, and name it in postgres.config_file");
        else if (await CorrectAsync(directory, auto, source, major, cancel) is { } refusal)
            return refusal;
        DurableFile.Touch(Path.Combine(directory, "standby.signal"));
        return null;
    }

    private async Task<Refusal?> CorrectAsync(string directory, string auto, string source, int major, CancellationToken cancel)
    {
        foreach (var name in OfOneNode)
        {
            var given = await binaries.SettingInsideAsync(name, directory, major, cancel);
            if (!given.IsOk)
                return given.Refusal;
            if (Wanted(name, given.Value, source) is { } wanted && wanted != given.Value)
                AutoConf.Set(auto, name, wanted);
        }
        return null;
    }

    /// <summary>What this node's value must be; null if any will do.</summary>
    private string? Wanted(string name, string given, string source) => name switch
    {
        "port" => $"{options.Self.PostgresPort}",
        "listen_addresses" => Listens(given) ? null : options.Self.PostgresHost,
        "cluster_name" => given == source ? options.Node : null,
        "unix_socket_directories" => listen.SocketFolder(given),
        "primary_slot_name" => "", // the source's slot, if any, is another standby's
        _ => null,
    };

    private bool Listens(string given) => given.Split(',', StringSplitOptions.TrimEntries)
        .Any(a => a is "*" or "0.0.0.0" or "::" || a.Equals(options.Self.PostgresHost, StringComparison.OrdinalIgnoreCase));
}
