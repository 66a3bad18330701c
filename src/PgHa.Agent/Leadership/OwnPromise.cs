namespace PgHa.Agent.Leadership;

/// <summary>What this node has promised. Whoever makes it writable asks here, in automatic mode and in manual mode.</summary>
internal sealed class OwnPromise
{
    /// <summary>The longest that is promised, and what counts where the file cannot be read.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly IPromiseDisk _disk;
    private readonly string _boot;
    private readonly Func<TimeSpan> _clock;
    private readonly Lock _gate = new();
    private Promise? _promise;

    /// <summary>Reads what an earlier run of the agent has promised.</summary>
    /// <param name="disk">Where it is kept.</param>
    /// <param name="boot">The boot of this machine.</param>
    /// <param name="clock">Its clock since boot.</param>
    internal OwnPromise(IPromiseDisk disk, string boot, Func<TimeSpan> clock)
    {
        (_disk, _boot, _clock) = (disk, boot, clock);
        var (found, why) = Read();
        (_promise, Problem) = (found?.In(boot, clock()), why);
        if (_promise is not null && _promise != found)
            Problem = TryWrite(_promise) ?? Problem; // else the next run would let it begin anew once more
    }

    /// <summary>Why the file could not be read, or written, when the agent began to run; null: it could.</summary>
    internal string? Problem { get; }

    /// <summary>What holds now; null: nothing.</summary>
    internal Promise? Standing
    {
        get
        {
            lock (_gate)
                return _promise is { } promise && promise.Stands(_clock()) ? promise : null;
        }
    }

    /// <summary>For how long it holds yet.</summary>
    internal TimeSpan Left => Standing?.Left(_clock()) ?? TimeSpan.Zero;

    /// <summary>Promises it, on disk before it comes back. Null, or why it is not promised; it may hold all the same.</summary>
    /// <param name="to">The holder of the record.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="holds">For how long.</param>
    internal string? Give(string to, long epoch, TimeSpan holds)
    {
        lock (_gate)
        {
            var next = new Promise { To = to, Epoch = epoch, Boot = _boot, UntilTicks = 0, ForMilliseconds = (int)holds.TotalMilliseconds };
            _promise = Promise.After(_promise, next, _clock());
            return TryWrite(_promise);
        }
    }

    /// <summary>Takes the file away when it has lapsed: after a boot it would begin anew.</summary>
    internal void ForgetLapsed()
    {
        lock (_gate)
        {
            if (_promise is null || _promise.Stands(_clock()))
                return;
            try
            {
                _disk.Forget();
                _promise = null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // tried again
            }
        }
    }

    /// <summary>What cannot be read may have been promised for as long as anything is, to anybody.</summary>
    private (Promise? Found, string? Why) Read()
    {
        try
        {
            return (_disk.Read(), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return (new() { To = Promise.Unknown, Epoch = 0, Boot = "", UntilTicks = 0, ForMilliseconds = (int)Longest.TotalMilliseconds }, e.Message);
        }
    }

    private string? TryWrite(Promise promise)
    {
        try
        {
            _disk.Write(promise);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
