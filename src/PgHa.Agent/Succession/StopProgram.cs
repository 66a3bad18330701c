using System.ComponentModel;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Configuration;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Succession;

/// <summary>How far <c>failover.stop_command</c> is with a node.</summary>
/// <param name="Runs">It runs.</param>
/// <param name="Succeeded">It has ended with 0: the machine is off, or its server is dead.</param>
/// <param name="Failure">Why it did not succeed; null: it did, or runs.</param>
/// <param name="Again">It may be run again.</param>
public sealed record StopAttempt(bool Runs, bool Succeeded, string? Failure, bool Again);

/// <summary>Runs <c>failover.stop_command</c>: the program that stops a machine whose agent and guard are dead. One run at a time, bounded; what it says is not believed without a look.</summary>
internal sealed partial class StopProgram(AgentOptions options, TimeProvider time, ILogger<StopProgram> log)
{
    /// <summary>How long it may take.</summary>
    internal static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);
    private const int Longest = 300;
    private (string Node, long Epoch, Task<(string? Failure, long At)> Run)? _last;

    /// <summary>How far it is with a node that held the record in that epoch; null: it was not run.</summary>
    internal StopAttempt? Of(string node, long epoch)
    {
        if (_last is not var (of, at, run) || of != node || at != epoch)
            return null;
        if (!run.IsCompletedSuccessfully)
            return new(!run.IsCompleted, false, run.IsCompleted ? "it was broken off" : null, run.IsCompleted);
        var (failure, ended) = run.Result;
        return new(false, failure is null, failure, time.GetElapsedTime(ended) > Pause);
    }

    /// <summary>Runs it, unless it runs already.</summary>
    internal void Begin(string node, long epoch)
    {
        if (_last is { Run.IsCompleted: false })
            return;
        LogBegun(options.Failover.StopCommand!, node);
        _last = (node, epoch, RunAsync(node));
    }

    private async Task<(string? Failure, long At)> RunAsync(string node)
    {
        var failure = await FailureAsync(options.Failover.StopCommand!, node);
        if (failure is null)
            LogDone(options.Failover.StopCommand!, node);
        else
            LogFailed(options.Failover.StopCommand!, node, failure);
        return (failure, time.GetTimestamp());
    }

    private async Task<string?> FailureAsync(string program, string node)
    {
        using var bound = new CancellationTokenSource(Within, time);
        try
        {
            var (code, output, error) = await ToolRun.RunAsync(program, [node, options.Nodes.First(n => n.Name == node).PostgresHost], bound.Token);
            return code == 0 ? null : $"it ended with {code}{Said(error.Length > 0 ? error : output)}";
        }
        catch (OperationCanceledException)
        {
            return $"it did not end within {Within.TotalSeconds:0} s";
        }
        catch (Exception e) when (e is Win32Exception or IOException or InvalidOperationException)
        {
            return $"it cannot be run: {e.Message}";
        }
    }

    private static string Said(string text) => text.Trim() is { Length: > 0 } said ? $": {said[..Math.Min(said.Length, Longest)]}" : "";

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Program} is run to stop {Node}")]
    private partial void LogBegun(string program, string node);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Program} says that {Node} is stopped")]
    private partial void LogDone(string program, string node);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Program} did not stop {Node}: {Why}")]
    private partial void LogFailed(string program, string node, string why);
}
