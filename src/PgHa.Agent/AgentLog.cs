using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent;

/// <summary>The agent's own log, on its standard output.</summary>
internal static class AgentLog
{
    internal static void AddTo(ILoggingBuilder logging, LogForm form)
    {
        logging.ClearProviders().SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning);
        if (form == LogForm.Json)
            logging.AddJsonConsole(o => (o.UseUtcTimestamp, o.TimestampFormat) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
        else
            logging.AddConsole(o => o.FormatterName = LogLine.Form).Services.AddSingleton<ConsoleFormatter>(
                new LogLine(IsJournal(Environment.GetEnvironmentVariable("JOURNAL_STREAM"), Linux.Identity("/proc/self/fd/1")), TimeProvider.System));
    }

    /// <summary>Whether standard output is the journal's stream: systemd names its device and inode (systemd.exec(5)), and a shell may have put another there since.</summary>
    internal static bool IsJournal(string? stream, (ulong Device, ulong Inode)? output) =>
        output is { } o && stream == string.Create(CultureInfo.InvariantCulture, $"{Number(o.Device)}:{o.Inode}");

    /// <summary>A device as stat(2) numbers it, from its major number (upper half) and its minor one.</summary>
    private static ulong Number(ulong device)
    {
        var (major, minor) = (device >> 32, device & uint.MaxValue);
        return (minor & 0xFF) | (major & 0xFFF) << 8 | (minor & ~0xFFUL) << 12 | (major & ~0xFFFUL) << 32;
    }
}

/// <summary>
/// One line for each message, whatever is in it: <c>&lt;6&gt;info message</c> for the journal, which has the time itself and takes the
/// priority off; with the time in front elsewhere.
/// </summary>
internal sealed class LogLine(bool journal, TimeProvider time) : ConsoleFormatter(Form)
{
    internal const string Form = "line";

    /// <inheritdoc />
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var (priority, word) = logEntry.LogLevel switch
        {
            LogLevel.Critical => (2, "critical"),
            LogLevel.Error => (3, "error"),
            LogLevel.Warning => (4, "warning"),
            LogLevel.Information => (6, "info"),
            _ => (7, "debug"),
        };
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        if (logEntry.Exception is { } exception)
            message += $": {exception}";
        if (journal)
            textWriter.Write($"<{priority}>");
        else
            textWriter.Write(time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", CultureInfo.InvariantCulture));
        textWriter.Write($"{word} {string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))}\n");
    }
}
