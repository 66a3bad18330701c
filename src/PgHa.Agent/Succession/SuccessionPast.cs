using PgHa.Agent.Operations;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>What this agent has done about the record, as far as the next decision turns on it. Forgotten when the agent ends.</summary>
internal sealed class SuccessionPast(TimeProvider time)
{
    private const int MostRestarts = 3;
    private static readonly TimeSpan RestartsWithin = TimeSpan.FromMinutes(10), Resigned = TimeSpan.FromSeconds(10), FollowsAgain = TimeSpan.FromSeconds(5), MostPatience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan HeldUpAtMost = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LeftFor = TimeSpan.FromSeconds(1), PassedFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeavesFor = TimeSpan.FromMinutes(5);
    private readonly List<long> _restarts = [];
    private readonly Dictionary<string, long> _passed = [];
    private (string Node, long Since)? _left;
    private (string Why, long At)? _resigned;
    private (long At, TimeSpan For)? _refused;
    private long? _downSince, _heldUpSince, _leftAt;
    private (SuccessionAction Action, Operation Operation)? _begun;

    /// <summary>What it tried under the record that it holds failed: why.</summary>
    internal string? Failed { get; private set; }

    /// <summary>Why it decided to take the record, and when; null: it did not, or has written it down.</summary>
    internal (string Cause, long At)? Taken { get; set; }

    /// <summary>Why it does not take the record for now, after it gave it up; null: it would.</summary>
    internal string? ResignedBecause => _resigned is var (why, at) && time.GetElapsedTime(at) < Resigned ? why : null;

    /// <summary>Its machine is going down: it takes no part. A machine that is still there after some minutes was not.</summary>
    internal bool Leaves => _leftAt is { } at && time.GetElapsedTime(at) < LeavesFor;

    /// <summary>Its machine is going down from now on.</summary>
    internal void Leave() => _leftAt = time.GetTimestamp();

    /// <summary>Nodes that were given their moment.</summary>
    internal IReadOnlyCollection<string> Passed => [.. _passed.Where(p => time.GetElapsedTime(p.Value) < PassedFor).Select(p => p.Key)];

    /// <summary>Whether it may try again to follow.</summary>
    internal bool MayFollow => _refused is not var (at, pause) || time.GetElapsedTime(at) >= pause;

    /// <summary>Its server died too often, or is not back in time.</summary>
    internal string? Crashes(TimeSpan restartWithin) =>
        _restarts.Count(at => time.GetElapsedTime(at) < RestartsWithin) >= MostRestarts ? $"it was started again {MostRestarts} times in {RestartsWithin.TotalMinutes:0} minutes"
        : _downSince is { } since && time.GetElapsedTime(since) > restartWithin ? $"not within {restartWithin.TotalSeconds:0} s (failover.restart_within)" : null;

    /// <summary>The server of the holder runs, or does not.</summary>
    internal void Note(bool down) => _downSince = !down ? null : _downSince ?? time.GetTimestamp();

    /// <summary>An operation was begun, or refused.</summary>
    internal void Note(SuccessionAction action, Answer<Operation> begun)
    {
        if (begun.IsOk)
        {
            if (action == SuccessionAction.StartAsPrimary)
                _restarts.Add(time.GetTimestamp());
            (_begun, _heldUpSince) = ((action, begun.Value), null);
        }
        else if (begun.Refusal.Code is not (Code.Busy or Code.PeerUnreachable) || IsHeldUpForLong())
            Fail(action, begun.Refusal.Message);
    }

    /// <summary>Another operation, or a node that is just away, is waited for, but not for ever: the record is not kept for nothing.</summary>
    private bool IsHeldUpForLong() => time.GetElapsedTime(_heldUpSince ??= time.GetTimestamp()) > HeldUpAtMost;

    /// <summary>Looks how what was begun has ended.</summary>
    internal void Look()
    {
        if (_begun is not var (action, ended) || !ended.Ended.IsCompleted)
            return;
        _begun = null;
        if (ended.Report.State != OperationState.Done)
            Fail(action, ended.Report.Failure?.Message ?? $"{ended.Report.Goal} did not reach its goal");
        else
            _refused = null;
    }

    /// <summary>It has just taken the record, or serves: what failed before is over.</summary>
    internal void Turn() => (Failed, _heldUpSince) = (null, null);

    /// <summary>It gave the record up: others come first for a while.</summary>
    internal void Resign(string why)
    {
        _resigned = (why, time.GetTimestamp());
        Turn();
        _downSince = null;
    }

    /// <summary>A verdict: who is left to act has a second from the first one on.</summary>
    internal void Note(SuccessionVerdict verdict)
    {
        if (verdict.LeftTo is not { } better)
            _left = null;
        else if (_left is not var (node, since) || node != better)
            _left = (better, time.GetTimestamp());
        else if (time.GetElapsedTime(since) > LeftFor)
            _passed[better] = time.GetTimestamp();
    }

    private void Fail(SuccessionAction action, string why)
    {
        if (action is SuccessionAction.Follow or SuccessionAction.StartInRecovery)
            _refused = (time.GetTimestamp(), _refused is var (_, before) && before * 2 < MostPatience ? before * 2 : _refused is null ? FollowsAgain : MostPatience);
        else
            Failed = why;
    }
}
