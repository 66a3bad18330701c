using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Operations;
using PgHa.Agent.Postgres;
using PgHa.Client.Operations;

namespace PgHa.Agent;

/// <summary>
/// Reads the configuration again, on SIGHUP or when asked to. Where it says something else, this run of the agent ends when no operation of its own and no step here is under way, and begins anew in the same process;
/// PostgreSQL runs on. What cannot be used is named, and what was in force stays.
/// </summary>
internal sealed partial class ConfigurationReload(
    AgentStart start, OperationStore operations, StepTrace trace, LeavingNodes leaving, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ConfigurationReload> log) : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);
    private readonly SemaphoreSlim _changed = new(0);

    /// <summary>This run has ended for the next one.</summary>
    internal bool BeginsAgain { get; private set; }

    /// <summary>Reads it; which keys have other values than this run began with, or why it cannot be used. Where some have, this run ends soon.</summary>
    internal async Task<Answer<ConfigurationChange>> ReadAsync(CancellationToken cancel)
    {
        var change = await CompareAsync(cancel);
        if (change.Value is { Changed.Count: > 0 })
            _changed.Release();
        return change;
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true; // it ends nothing
            _ = HearAsync(stoppingToken);
        });
        do
        {
            await _changed.WaitAsync(stoppingToken);
            while (trace.Last is { Running: true } || operations.All.Any(r => r.State == OperationState.Running)) // one that waits may wait for this
                await Task.Delay(LookAgain, time, stoppingToken);
        }
        while (!await IsStillChangedAsync(stoppingToken));
        BeginsAgain = true;
        lifetime.StopApplication();
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _changed.Dispose();
        base.Dispose();
    }

    /// <summary>The file may have been written once more while an operation was waited for.</summary>
    private async Task<bool> IsStillChangedAsync(CancellationToken cancel)
    {
        try
        {
            var change = await CompareAsync(cancel);
            if (!change.IsOk)
                LogKept(change.Refusal.Message, change.Refusal.Hint);
            return change.Value is { Changed.Count: > 0 };
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            LogKept(e.Message, "look at the file");
            return false;
        }
    }

    private async Task<Answer<ConfigurationChange>> CompareAsync(CancellationToken cancel)
    {
        var (read, errors) = AgentStart.Read(start.File, start.Environment, time);
        if (read is null)
            return new Refusal(Code.WrongState, $"the configuration of {start.Options.Node} cannot be used, and stays as it was: {errors[0].Source}: {errors[0].Message}", errors[0].Hint);
        if (read.Options.Node != start.Options.Node || read.Options.StateDir != start.Options.StateDir)
            return new Refusal(Code.WrongState, $"node and state_dir of {start.Options.Node} cannot be changed while its agent runs", "restart the agent");
        if (await leaving.RefuseAsync(read.Options, cancel) is { } primary)
            return primary;
        var (now, before) = (Values(read), Values(start));
        var changed = now.Except(before).Concat(before.Except(now)).Select(s => s.Key).Distinct().Order(StringComparer.Ordinal).ToArray();
        return new ConfigurationChange(start.Options.Node, changed);
    }

    private static (string Key, string Value)[] Values(AgentStart of) => [.. of.Settings.Select(s => (s.Key, s.Value))];

    private async Task HearAsync(CancellationToken cancel)
    {
        try
        {
            var read = await ReadAsync(cancel);
            if (!read.IsOk)
                LogKept(read.Refusal.Message, read.Refusal.Hint);
            else if (read.Value.Changed.Count > 0)
                LogChanged(string.Join(", ", read.Value.Changed));
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            LogKept(e.Message, "look at the file");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Why} (hint: {Hint})")]
    private partial void LogKept(string why, string hint);

    [LoggerMessage(Level = LogLevel.Information, Message = "the configuration has changed ({Keys}): the agent begins anew with it")]
    private partial void LogChanged(string keys);
}
