namespace PgHa.Agent.Cluster;

/// <summary>One turn of what a node looks after in the background. Whoever began it ends it.</summary>
#pragma warning disable CA1001 // its source is left to the collector: whoever makes it give way may be late
public sealed class UpkeepTurn
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _givesWay = new();
    private readonly TaskCompletionSource _ended = new();

    /// <summary>Cancelled as soon as an operation takes the node's lock.</summary>
    public CancellationToken GivesWay => _givesWay.Token;

    /// <summary>Completes when nothing of it is done any more. Whoever awaits it yields before it goes on.</summary>
    public Task Ended => _ended.Task;

    /// <summary>It has done what it wanted, or was broken off.</summary>
    public void End() => _ended.TrySetResult();

    internal void GiveWay() => _givesWay.Cancel();
}
