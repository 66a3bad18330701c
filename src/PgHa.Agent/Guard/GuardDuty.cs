using Microsoft.Extensions.Logging;
using PgHa.Agent.Files;

namespace PgHa.Agent.Guard;

/// <summary>The guard's work: a deadline that only its agent moves, and the fence when it passes. One thread of its own waits for it, and nothing else.</summary>
internal sealed partial class GuardDuty : IDisposable
{
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(20), Again = TimeSpan.FromSeconds(1);
    private readonly Fence _fence;
    private readonly ILogger _log;
    private readonly BootTimer _timer = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _due = new(0);
    private readonly ManualResetEventSlim _written = new();
    private TimeSpan? _until;

    internal GuardDuty(Fence fence, ILogger log)
    {
        (_fence, _log) = (fence, log);
        new Thread(WriteSignals) { IsBackground = true, Name = "standby.signal" }.Start(); // at the deadline a thread may not be had any more
        new Thread(Watch) { IsBackground = true, Name = "deadline" }.Start();
    }

    /// <summary>Something is to be guarded, or is being ended.</summary>
    internal bool IsOnDuty
    {
        get
        {
            lock (_gate)
                return _until is not null;
        }
    }

    /// <summary>What the agent says takes force before it is answered. A deadline that has passed cannot be moved any more before the server is gone.</summary>
    internal GuardWire Hear(GuardWire said)
    {
        lock (_gate)
        {
            if (_until is { } until && Passed(until))
                return new(GuardWord.Fenced, said.Number, default);
            if (said.Word == GuardWord.Ask)
                return _until is { } inForce ? new(GuardWord.Until, said.Number, inForce) : new(GuardWord.Rest, said.Number, default);
            if (said.Word == GuardWord.Until && Passed(said.Until))
                return new(GuardWord.Fenced, said.Number, default);
            if (_until is null)
                _fence.Begin();
            _until = said.Word == GuardWord.Until ? said.Until : null;
            _timer.Set(_until);
            return said;
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _due.Dispose();
        _written.Dispose();
    }

    private static bool Passed(TimeSpan until) => BootClock.Elapsed() is not { } now || now >= until;

    private void Watch()
    {
        if (Urgency.RaiseThread() is { } refused)
            LogNotUrgent(refused);
        while (true)
        {
            _timer.IsDueWithin(-1);
            TimeSpan until;
            lock (_gate)
            {
                if (_until is not { } due || !Passed(due))
                    continue; // it was moved in this moment
                until = due;
            }
            EndServer(until);
            LogFenced(BootClock.Elapsed() is { } now ? (now - until).TotalMilliseconds : 0);
            lock (_gate)
            {
                _until = null;
                _timer.Set(null);
            }
        }
    }

    /// <summary>
    /// The processes first, because writing to a disk may take any time. As long as standby.signal is not there a supervisor could start a writable server, so the rounds go
    /// on until it is.
    /// </summary>
    private void EndServer(TimeSpan until)
    {
        _written.Reset();
        EndAll();
        LogPassed(until);
        _due.Release();
        while (!_written.Wait(Round))
            EndAll();
        while (!EndAll())
        {
            // a round waits for those that it found
        }
    }

    /// <summary>Whatever is in the way of a round, the next one follows: nothing else ends this server.</summary>
    private bool EndAll()
    {
        try
        {
            return _fence.EndAll();
        }
        catch (Exception e)
        {
            LogRound(e.Message);
            _written.Wait(Round);
            return false;
        }
    }

    private void WriteSignals()
    {
        while (true)
        {
            _due.Wait();
            for (string? said = null; !TryMakeStandby(ref said);)
                _due.Wait(Again); // nobody releases it meanwhile
            _written.Set();
        }
    }

    private bool TryMakeStandby(ref string? said)
    {
        try
        {
            _fence.MakeStandby();
            return true;
        }
        catch (Exception e)
        {
            if (said != e.Message)
                LogNoSignal(said = e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "the deadline {Until} has passed: nothing tells that this node still holds the record; its server is killed")]
    private partial void LogPassed(TimeSpan until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "every process of the server is gone, {Milliseconds:F1} ms after the deadline")]
    private partial void LogFenced(double milliseconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "standby.signal cannot be written: {Why}; until it is, whatever is started here is killed")]
    private partial void LogNoSignal(string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "a round did not end everything: {Why}; the next one follows")]
    private partial void LogRound(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "not permitted: {What}; on a machine that is short of processors the guard may be late")]
    private partial void LogNotUrgent(string what);
}
