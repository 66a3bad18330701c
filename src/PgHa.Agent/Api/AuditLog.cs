using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Configuration;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>
/// Who has changed what, and why: a file to which lines are only added, in <c>state_dir</c>. What cannot be written there is said in the log; no call fails because of it, since a role change at night matters more.
/// </summary>
internal sealed partial class AuditLog(AgentOptions options, TimeProvider time, ILogger<AuditLog> log)
{
    private const long Largest = 16 << 20;
    private const int Kept = 4, MostRead = 4 << 20;
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly Lock _gate = new();
    private readonly string _path = new StateFiles(options.StateDir).Audit;

    internal void Add(AuditEntry entry)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(entry with { At = time.GetUtcNow(), Node = options.Node }, AuditJson.Default.AuditEntry);
        lock (_gate)
            try
            {
                Rotate();
                using var file = new FileStream(_path, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, UnixCreateMode = Mode, BufferSize = 0 });
                file.Write([.. line, (byte)'\n']); // whole, by one write
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogUnwritten(e.Message, entry.Call ?? entry.Operation ?? "");
            }
    }

    /// <summary>How an operation ended.</summary>
    internal void Ended(OperationReport report) => Add(new(default, "operation")
    {
        Operation = report.Id,
        Goal = report.Goal,
        Reason = report.Reason,
        Steps = [.. report.Steps.Select(s => $"{s.Node}: {s.Step}: {s.State.ToString().ToLowerInvariant()}")],
        Overrides = report.Overrides.Count == 0 ? null : report.Overrides,
        Ended = report.State.ToString().ToLowerInvariant(),
        Failure = report.Failure?.Message,
    });

    /// <summary>The lines that were added last, the oldest first; of the file before, too. What is no line is passed over, as the end of one that is being written.</summary>
    /// <param name="most">How many.</param>
    internal AuditEntry[] Last(int most)
    {
        lock (_gate)
            return [.. new[] { $"{_path}.1", _path }.Where(File.Exists).SelectMany(Lines).TakeLast(most).Select(Read).OfType<AuditEntry>()];
    }

    /// <summary>Those at its end, within a bound.</summary>
    private static string[] Lines(string path)
    {
        using var file = File.OpenRead(path);
        file.Seek(-Math.Min(file.Length, MostRead), SeekOrigin.End);
        var bytes = new byte[MostRead];
        return Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static AuditEntry? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, AuditJson.Default.AuditEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Rotate()
    {
        if (!File.Exists(_path) || new FileInfo(_path).Length < Largest)
            return;
        for (var n = Kept - 1; n >= 1; n--)
            if (File.Exists($"{_path}.{n}"))
                File.Move($"{_path}.{n}", $"{_path}.{n + 1}", overwrite: true);
        File.Move(_path, $"{_path}.1", overwrite: true);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "the audit log cannot be written ({Why}): {What}")]
    private partial void LogUnwritten(string why, string what);
}

/// <summary>Lines of the audit log, serialized without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditEntry))]
internal sealed partial class AuditJson : JsonSerializerContext;
