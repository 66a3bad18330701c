using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>What a call has begun, or repeats.</summary>
/// <param name="Report">The operation, as it stood.</param>
/// <param name="Running">While it runs here, else null.</param>
/// <param name="Repeated">It was begun by an earlier call.</param>
public sealed record BegunCall(OperationReport Report, Operation? Running, bool Repeated)
{
    /// <summary>Its key is that of another request: nothing was begun.</summary>
    public Refusal? OtherRequest { get; init; }
}

/// <summary>
/// Begins operations for calls, each one once: a call that is another one's repetition (<see cref="RepeatRules"/>) gets that one's operation.
/// What a call was is kept with its operation, in the journal.
/// </summary>
public sealed class RepeatedCalls(OperationRunner runner, OperationStore store, ClusterObserver cluster, MachineClock clock, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private readonly OneAtATime _keys = new();

    /// <summary>The operation that the call begins, or that an earlier one began; else why none was begun.</summary>
    public async Task<Answer<BegunCall>> BeginAsync(MandatedRequest request, Conduct conduct, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(conduct);
        if (conduct.Call?.Key is null)
            return await FindUnheardAsync(request, conduct, cancel) is { } unheard ? Repeat(unheard) : await NewAsync(request, conduct, cancel);
        using var alone = await _keys.EnterAsync(cancel); // the second of two at the same time finds what the first has begun
        var known = store.All.FirstOrDefault(r => r.Call?.Key == conduct.Call.Key);
        return known is null ? await NewAsync(request, conduct, cancel)
            : RepeatRules.IsSame(known, request, conduct) ? Repeat(known)
            : new BegunCall(known, null, Repeated: true)
            {
                OtherRequest = new(Code.Invalid, $"the Idempotency-Key is that of another request: {known.Goal} (operation {known.Id})", "give this call a key of its own"),
            };
    }

    /// <summary>The operation when nothing more becomes of it. Who leaves before has not heard of it.</summary>
    public async Task<OperationReport> EndAsync(BegunCall call, TimeSpan within, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(call);
        try
        {
            if (call.Running is { } running)
            {
                await running.Ended.WaitAsync(within, time, cancel);
                return Heard(running);
            }
            var begun = time.GetTimestamp();
            while (store.Find(call.Report.Id) is { } report)
            {
                if (!RepeatRules.IsOpen(report))
                    return Heard(new Operation(report));
                if (time.GetElapsedTime(begun) > within)
                    throw new TimeoutException();
                await Task.Delay(Interval, time, cancel);
            }
            return call.Report;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException && call.Running is not null)
        {
            store.Update(call.Running!, r => r with { Call = RepeatRules.Lost(r.Call) });
            throw;
        }
    }

    /// <summary>The next call is meant.</summary>
    private OperationReport Heard(Operation operation) =>
        operation.Report.Call is { Unheard: true } ? store.Update(operation, r => r with { Call = r.Call! with { Unheard = false } }) : operation.Report;

    private async Task<OperationReport?> FindUnheardAsync(MandatedRequest request, Conduct conduct, CancellationToken cancel) =>
        request.Request is Switchover { To: null } && conduct.Call is not null && store.All.Any(r => r.Call is { Unheard: true })
            ? RepeatRules.Unheard(store.All, request, conduct, await cluster.ObserveAsync(fresh: false, cancel), clock)
            : null;

    private async Task<Answer<BegunCall>> NewAsync(MandatedRequest request, Conduct conduct, CancellationToken cancel)
    {
        var begun = await runner.BeginAsync(request, conduct, cancel);
        return begun.IsOk ? new BegunCall(begun.Value.Report, begun.Value, Repeated: false) : begun.Refusal;
    }

    /// <summary>Counted where nobody else writes its report.</summary>
    private BegunCall Repeat(OperationReport report)
    {
        var running = runner.Find(report.Id);
        if (running is not null || !RepeatRules.IsOpen(report))
            report = store.Update(running ?? new Operation(report), r => r with { Call = r.Call! with { Repeats = r.Call.Repeats + 1 } });
        return new(report, running, Repeated: true);
    }
}
