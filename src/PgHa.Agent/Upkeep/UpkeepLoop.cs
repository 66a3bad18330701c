using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace PgHa.Agent.Upkeep;

/// <summary>
/// Work that is done again and again in the background. Whatever goes wrong once is said, once, and tried again at the next time: it
/// never ends the agent, nor itself.
/// </summary>
internal abstract partial class UpkeepLoop(TimeSpan interval, TimeProvider time, ILogger log) : BackgroundService
{
    private string _told = "";
    private long _looked = time.GetTimestamp();

    /// <summary>What it is, in words for the log.</summary>
    protected abstract string Work { get; }

    /// <summary>How long ago it was last done to its end; at first since it was made.</summary>
    internal TimeSpan SinceLook => time.GetElapsedTime(Volatile.Read(ref _looked));

    /// <summary>Once; whatever it throws is said and passed over.</summary>
    protected abstract Task LookAsync(CancellationToken cancel);

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => GoOnAsync(stoppingToken);

    /// <summary>Again and again.</summary>
    internal async Task GoOnAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await LookAsync(cancel);
                Volatile.Write(ref _looked, time.GetTimestamp());
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                Tell($"not done this time: {(e is NpgsqlException or IOException or UnauthorizedAccessException or SocketException or TimeoutException or OperationCanceledException ? e.Message : e.ToString())}");
            }
            await Task.Delay(interval, time, cancel);
        }
    }

    /// <summary>Each thing once, not at every time. Nothing to say: the next thing is said again.</summary>
    protected void Tell(string what)
    {
        if (what.Length > 0 && what != _told)
            LogTold(log, Work, what);
        _told = what;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Work}: {What}")]
    private static partial void LogTold(ILogger log, string work, string what);
}
