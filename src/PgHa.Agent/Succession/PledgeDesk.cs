using Microsoft.Extensions.Logging;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Agent.Postgres;
using PgHa.Agent.Upkeep;

namespace PgHa.Agent.Succession;

/// <summary>This node's pledge: carries out what <see cref="PledgeSteps"/> say, and takes it back when it is over.</summary>
internal sealed partial class PledgeDesk(
    AgentOptions options, Tenure tenure, EtcdPledges pledges, IPledgeNotes file, IReceiverCut cut, NodeLock nodeLock, ClusterObserver cluster, TimeProvider time, ILogger<PledgeDesk> log)
    : UpkeepLoop(TimeSpan.FromMilliseconds(250), time, log)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(2);
    private readonly TimeProvider _time = time;
    private readonly OneAtATime _turn = new();
    private (PledgeOrder Order, long Since)? _stands;
    private (long Epoch, TimeSpan For, long Since)? _pause;
    private bool _withdrawn;

    /// <summary>The epoch that this node has pledged, or is about to; null: none.</summary>
    internal long? Pledged => file.Note is { Withdrawn: false } note ? note.Epoch : null;

    /// <summary>Why it does not pledge now; null: it may.</summary>
    internal string? NotNow => cut.Problem() ?? (_pause is var (_, pause, since) && _time.GetElapsedTime(since) < pause
        ? $"it pledged a moment ago, and nobody took the place: not again for {pause.TotalSeconds:0} s" : null);

    /// <inheritdoc />
    protected override string Work => "the pledge";

    /// <summary>Pledges; null, or why it does not stand. An operation that takes the node breaks it off.</summary>
    internal async Task<string?> PledgeAsync(PledgeOrder order, CancellationToken cancel)
    {
        using var alone = await _turn.EnterAsync(cancel);
        if (file.Note is not null)
            return null; // it stands, or is being taken back
        if (nodeLock.BeginUpkeep() is not { } turn)
            return "an operation holds the node";
        (_stands, _withdrawn) = (null, false);
        using var late = new CancellationTokenSource(Within, _time);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(late.Token, turn.GivesWay, cancel);
        try
        {
            if (await OtherLineAsync(order, bounded.Token) is { } other)
                return other;
            if (await tenure.LookAsync(bounded.Token) is not RecordAnswer.Stands stands || stands.Revision != order.Revision)
                return $"{order.Holder} has renewed its record, or etcd does not answer";
            return await GiveAsync(order, stands.Standing, bounded.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return turn.GivesWay.IsCancellationRequested ? "an operation has begun" : $"its server could not be cut off from {order.Holder} within {Within.TotalSeconds} s";
        }
        catch (Exception e) when (e is NpgsqlException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
        finally
        {
            turn.End();
        }
    }

    private async Task<string?> GiveAsync(PledgeOrder order, Standing primary, CancellationToken cancel)
    {
        var sight = new PledgeSight { Wanted = true, Noted = false, Receives = true };
        while (true)
            switch (PledgeSteps.Next(sight))
            {
                case PledgeStep.Note:
                    if (await cut.UpstreamAsync(cancel) is not { Length: > 0 } upstream)
                        return "it follows nobody";
                    if (await NoteAsync(new(order.Epoch, order.Holder, upstream), cancel) is { } promised)
                        return promised;
                    sight = sight with { Noted = true };
                    break;
                case PledgeStep.Empty:
                    await cut.EmptyAsync(cancel);
                    sight = sight with { Emptied = true };
                    break;
                case PledgeStep.EndReceiver:
                    sight = sight with { Receives = !await cut.EndReceiverAsync(cancel) };
                    break;
                case PledgeStep.Write:
                    var pledge = new Pledge { Node = options.Node, Epoch = order.Epoch, Timeline = order.Timeline, End = await cut.EndAsync(cancel) };
                    if (await OtherLineAsync(order, cancel) is { } other)
                        return other;
                    if (await pledges.WriteAsync(pledge, primary, cancel) is { IsOk: true, Value: false })
                        return $"{order.Holder} has renewed its record, or etcd does not answer";
                    sight = sight with { Written = true };
                    LogPledged(options.Node, order.Holder, order.Epoch, new Formats.Lsn(pledge.End).ToString());
                    break;
                default:
                    _stands = (order, _time.GetTimestamp());
                    return null;
            }
    }

    /// <summary>A node does not both promise the holder that it serves on, and pledge that it may be replaced: whichever comes first stands.</summary>
    private Task<string?> NoteAsync(PledgeNote note, CancellationToken cancel) => tenure.AloneAsync<string?>(_ =>
    {
        if (tenure.Promise.Standing is { } promise)
            return $"it has promised {promise.To}, which serves without etcd, not to become writable";
        file.Write(note);
        return null;
    }, cancel);

    /// <summary>Positions are compared on the primary's own timeline only.</summary>
    private async Task<string?> OtherLineAsync(PledgeOrder order, CancellationToken cancel) =>
        await cluster[options.Node].Wal.PositionAsync(cancel) is { IsOk: true, Value: var position } && position.Timeline.Value == order.Timeline ? null : $"its WAL is not on timeline {order.Timeline}";

    /// <inheritdoc />
    protected override async Task LookAsync(CancellationToken cancel)
    {
        if (file.Note is null)
            return;
        using var alone = await _turn.EnterAsync(cancel);
        if (file.Note is not { } note || await tenure.LookAsync(cancel) is not RecordAnswer.Stands stands)
            return; // where etcd does not answer nothing can be taken back
        var sight = new PledgeSight
        {
            Wanted = stands.Record.Epoch < note.Epoch && !PledgeRules.IsOver(_stands is var (order, since) ? (order, _time.GetElapsedTime(since)) : null, stands.Record, stands.Revision),
            Noted = true,
            NotedAsWithdrawn = note.Withdrawn,
            Emptied = true,
            Written = true,
            Withdrawn = _withdrawn,
            Follows = stands.Record.Epoch >= note.Epoch && await FollowsAsync(stands.Record, note, cancel),
        };
        while (PledgeSteps.Next(sight) is var step and not PledgeStep.None && await TakeBackAsync(step, sight, cancel) is { } next)
            sight = next;
    }

    /// <summary>One step; null: not now.</summary>
    private async Task<PledgeSight?> TakeBackAsync(PledgeStep step, PledgeSight sight, CancellationToken cancel)
    {
        var note = file.Note!;
        switch (step)
        {
            case PledgeStep.Withdraw:
                _withdrawn = await pledges.WithdrawAsync(options.Node, note.Epoch, cancel);
                return _withdrawn ? sight with { Withdrawn = true } : null;
            case PledgeStep.ReadRecord:
                return await tenure.LookAsync(cancel) is RecordAnswer.Stands stands ? sight with { Taken = stands.Record.Epoch >= note.Epoch } : null;
            case PledgeStep.NoteWithdrawn:
                var pause = PledgeRules.Pause(_pause is var (epoch, last, _) && epoch == note.Epoch ? last : null);
                _pause = (note.Epoch, pause, _time.GetTimestamp());
                file.Write(note with { Withdrawn = true });
                LogWithdrawn(options.Node, note.Holder);
                return sight with { NotedAsWithdrawn = true };
            default:
                return await RestoreAsync(note, cancel) ? sight with { Noted = false, Wanted = false } : null;
        }
    }

    /// <summary>A server that does not run is pointed somewhere when it is started: what stands in the note is needed then.</summary>
    private async Task<bool> RestoreAsync(PledgeNote note, CancellationToken cancel)
    {
        if (nodeLock.BeginUpkeep() is not { } turn)
            return false;
        try
        {
            if (await cut.UpstreamAsync(cancel) is null)
                return false;
            await cut.RestoreAsync(note.Upstream, cancel);
            file.Remove();
            return true;
        }
        finally
        {
            turn.End();
        }
    }

    private async Task<bool> FollowsAsync(PrimaryRecord record, PledgeNote note, CancellationToken cancel)
    {
        var own = await cluster[options.Node].ObserveAsync(fresh: true, cancel);
        return record.Node == options.Node ? tenure.Epoch >= note.Epoch && own.Sql is { InRecovery: false } : own.InRecovery && own.UpstreamNode == record.Node;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Node} receives nothing from {Holder} any more, and has pledged that for epoch {Epoch}; it has flushed WAL up to {End}")]
    private partial void LogPledged(string node, string holder, long epoch, string end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Node} has taken its pledge back, and receives from {Holder} again: nobody took its place")]
    private partial void LogWithdrawn(string node, string holder);
}
