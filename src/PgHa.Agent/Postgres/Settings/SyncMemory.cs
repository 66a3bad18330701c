using System.Text.Json;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>The last known <c>synchronous_standby_names</c> of the primary, in <c>state_dir</c>: it outlives the primary and this agent.</summary>
internal sealed class SyncMemory(AgentOptions options)
{
    private readonly Lock _gate = new();
    private bool _read;
    private PrimarySync? _last;

    private string FileName => options.State.SyncStandbys;

    /// <summary>What is known; null if nothing ever was.</summary>
    internal PrimarySync? Last
    {
        get
        {
            lock (_gate)
            {
                if (!_read && File.Exists(FileName))
                    _last = Read();
                _read = true;
                return _last;
            }
        }
    }

    internal void Set(PrimarySync now)
    {
        if (Last == now)
            return;
        lock (_gate)
        {
            DurableFile.Replace(FileName, JsonSerializer.SerializeToUtf8Bytes(now, WireJson.Default.PrimarySync));
            _last = now;
        }
    }

    /// <summary>A file that cannot be read is as good as none: it is written anew at the next look at the primary.</summary>
    private PrimarySync? Read()
    {
        try
        {
            return JsonSerializer.Deserialize(SmallFile.Bytes(FileName), WireJson.Default.PrimarySync);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
