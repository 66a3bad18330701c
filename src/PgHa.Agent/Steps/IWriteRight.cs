using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Steps;

/// <summary>The right of this node to write: the record in etcd where failover is automatic; where a person decides, nobody keeps it.</summary>
internal interface IWriteRight
{
    /// <summary>The last thing before the node may become writable: it has the right, and something stops the server should it lose it. Null, or why not.</summary>
    /// <param name="patiently">Nobody serves meanwhile, and who had it gives it up: it is waited for until it runs out.</param>
    /// <param name="cancel">Ends it.</param>
    Task<Refusal?> TakeAsync(bool patiently, CancellationToken cancel);

    /// <summary>
    /// The very last thing before the node may become writable, when it has the right: what was acknowledged is here, and commits wait as they are to. Null, or why not.
    /// </summary>
    /// <param name="held">The nodes whose WAL is proven to be here.</param>
    /// <param name="cancel">Ends it.</param>
    Task<Refusal?> ReadyAsync(IReadOnlyCollection<string> held, CancellationToken cancel) => Task.FromResult<Refusal?>(null);

    /// <summary>Before this node's data are rewound or replaced: what it holds does not count any more for who may become primary. Null, or why not.</summary>
    /// <param name="cancel">Ends it.</param>
    Task<Refusal?> LeaveAsync(CancellationToken cancel) => Task.FromResult<Refusal?>(null);

    /// <summary>Before this node is pointed at another one: it has not pledged to receive nothing from there. Null, or why not.</summary>
    /// <param name="upstream">That node.</param>
    /// <param name="cancel">Ends it.</param>
    Task<Refusal?> MayFollowAsync(string upstream, CancellationToken cancel) => Task.FromResult<Refusal?>(null);

    /// <summary>The server accepts writes: the right is still there. Else it was killed, because something that stops it may have ended its duty before it ran; why.</summary>
    Task<Refusal?> ConfirmAsync(CancellationToken cancel);

    /// <summary>It has it now: no other node may write.</summary>
    bool IsHeld { get; }

    /// <summary>A promotion has to reserve its timeline: somebody keeps the right. Whether it is this node at this moment <see cref="ReserveAsync"/> says.</summary>
    bool Reserves { get; }

    /// <summary>Reserves the number of the timeline that a promotion is about to make: no other node makes it, whatever becomes of this one. That number, or why there is none.</summary>
    /// <param name="least">The lowest that it may be.</param>
    /// <param name="cancel">Ends it.</param>
    Task<Answer<TimelineId>> ReserveAsync(TimelineId least, CancellationToken cancel);

    /// <summary>No process of the server may write any more: another node may take the right at once, without waiting until it runs out.</summary>
    /// <param name="makeStandby">Sees to it that the next start here is one in recovery; the right is not given up before.</param>
    /// <param name="cancel">Ends it: then it runs out by itself.</param>
    /// <remarks>It does not wait until the others can see it: <see cref="SettledAsync"/> does.</remarks>
    Task GiveUpAsync(Action makeStandby, CancellationToken cancel);

    /// <summary>Ends when the others can see what was given up, or could not be told.</summary>
    Task SettledAsync(CancellationToken cancel);
}

/// <summary>Nobody keeps it: a person decides who is primary, and answers for what cannot be seen.</summary>
internal sealed class UnkeptRight : IWriteRight
{
    public bool IsHeld => false;

    public bool Reserves => false;

    public Task<Refusal?> TakeAsync(bool patiently, CancellationToken cancel) => Task.FromResult<Refusal?>(null);

    public Task<Answer<TimelineId>> ReserveAsync(TimelineId least, CancellationToken cancel) => Task.FromResult<Answer<TimelineId>>(least);

    public Task<Refusal?> ConfirmAsync(CancellationToken cancel) => Task.FromResult<Refusal?>(null);

    public Task GiveUpAsync(Action makeStandby, CancellationToken cancel) => Task.CompletedTask;

    public Task SettledAsync(CancellationToken cancel) => Task.CompletedTask;
}
