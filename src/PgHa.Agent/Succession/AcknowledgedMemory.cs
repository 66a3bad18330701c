using System.Text.Json;
using PgHa.Agent.Files;
using PgHa.Client;
using PgHa.Client.Facts;

namespace PgHa.Agent.Succession;

/// <summary>
/// Remembers how far the last holder had flushed, for the time after a restart of the agent. It is written now and then only: what it holds may be older than what was
/// seen, and is never further on.
/// </summary>
internal sealed class AcknowledgedMemory
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private readonly string _path;
    private readonly TimeProvider _time;
    private long? _tried;
    private AcknowledgedWal? _kept;

    /// <summary>What an earlier run of the agent saw.</summary>
    internal AcknowledgedMemory(string path, TimeProvider time)
    {
        (_path, _time) = (path, time);
        Value = _kept = Read(path);
    }

    /// <summary>What was seen; null: nothing, or nothing that can be read, so it is not known.</summary>
    internal AcknowledgedWal? Value { get; private set; }

    private static AcknowledgedWal? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(SmallFile.Bytes(path), WireJson.Default.AcknowledgedWal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Keeps it, if it is time. A disk that is full does not keep a node from being promoted.</summary>
    internal void Keep(AcknowledgedWal? seen)
    {
        Value = seen;
        if (seen is null || seen == _kept || (_tried is { } tried && _time.GetElapsedTime(tried) < Pause))
            return;
        _tried = _time.GetTimestamp();
        try
        {
            DurableFile.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(seen, WireJson.Default.AcknowledgedWal));
            _kept = seen;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // tried again later
        }
    }
}
