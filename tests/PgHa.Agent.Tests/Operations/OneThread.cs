using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace PgHa.Agent.Tests.Operations;

/// <summary>Runs everything on the thread that plays it, one thing after the other, and lets time pass when nothing is left to do.</summary>
internal sealed class OneThread(FakeTimeProvider time) : SynchronizationContext
{
    private readonly ConcurrentQueue<(SendOrPostCallback Call, object? State)> _calls = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;

    /// <summary>How often another thread wanted to go on with something.</summary>
    public int Strangers { get; private set; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
            Strangers++;
        _calls.Enqueue((d, state));
    }

    /// <summary>Plays until the task has ended.</summary>
    public T Play<T>(Func<Task<T>> what, TimeSpan step)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            var task = what();
            for (var turns = 0; !task.IsCompleted; turns++)
            {
                Assert.True(turns < 1_000_000, "it does not end");
                if (_calls.TryDequeue(out var next))
                    next.Call(next.State);
                else
                    time.Advance(step);
            }
            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}
