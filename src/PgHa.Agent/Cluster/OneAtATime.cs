namespace PgHa.Agent.Cluster;

/// <summary>
/// Lets one in at a time, in the order in which they came. Unlike a SemaphoreSlim it uses no thread of the pool, so that a simulator with one
/// thread can run it.
/// </summary>
public sealed class OneAtATime
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private bool _taken;

    /// <summary>Is there when nobody else is in; until what it answers is disposed of, nobody else comes in.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource>? turn = null;
        lock (_gate)
        {
            if (_taken)
                turn = _waiting.AddLast(new TaskCompletionSource());
            _taken = true;
        }
        if (turn is not null)
        {
            await using var ends = cancel.Register(() => GiveUp(turn, cancel));
            await turn.Value.Task;
            await Task.Yield(); // whoever has left goes on first
        }
        return new Stay(this);
    }

    private void GiveUp(LinkedListNode<TaskCompletionSource> turn, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (turn.List is null)
                return; // it is in already
            _waiting.Remove(turn);
        }
        turn.Value.TrySetCanceled(cancel);
    }

    private void Leave()
    {
        TaskCompletionSource next;
        lock (_gate)
        {
            if (_waiting.First is not { } first)
            {
                _taken = false;
                return;
            }
            _waiting.RemoveFirst();
            next = first.Value;
        }
        next.SetResult();
    }

    private sealed class Stay(OneAtATime place) : IDisposable
    {
        private OneAtATime? _place = place;

        public void Dispose() => Interlocked.Exchange(ref _place, null)?.Leave();
    }
}
