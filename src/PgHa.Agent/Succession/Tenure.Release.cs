using Microsoft.Extensions.Logging;
using PgHa.Agent.Leadership;

namespace PgHa.Agent.Succession;

/// <summary>The part about the end of it: the record is given up, and the guard stands down.</summary>
internal sealed partial class Tenure
{
    private const int ReleaseAttempts = 4;

    /// <inheritdoc />
    public async Task GiveUpAsync(Action makeStandby, CancellationToken cancel)
    {
        var alone = await _turn.EnterAsync(cancel);
        var released = Task.CompletedTask;
        try
        {
            if (_keeping is not { } keeping)
                return;
            if (await cluster[terms.Node].ObserveAsync(fresh: true, cancel) is { MayBeWritable: true })
            {
                LogWritable(terms.Node);
                return;
            }
            await EndAsync();
            if (keeping.Keeper.Holding is not { } holding)
                return;
            makeStandby();
            _due = null;
            released = ReleaseAsync(holding);
        }
        finally
        {
            _ = LeaveAfterAsync(released, alone); // whoever wants the record here waits until etcd has been told
        }
    }

    /// <inheritdoc />
    public async Task SettledAsync(CancellationToken cancel)
    {
        using var alone = await _turn.EnterAsync(cancel);
    }

    private static async Task LeaveAfterAsync(Task released, IDisposable alone)
    {
        using (alone)
            await released;
    }

    /// <summary>No step waits for it: a successor sees it in etcd, or waits until the record runs out.</summary>
    private async Task ReleaseAsync(Holding holding)
    {
        try
        {
            var rest = guard.RestAsync(CancellationToken.None); // first: nothing here can write, and a standby may be started before etcd answers
            if (await ReleasedAsync(holding))
                LogGivenUp(terms.Node, holding.Own.Epoch);
            else
                LogRunsOut(terms.Node, holding.Own.Epoch);
            await rest;
        }
        catch (Exception e)
        {
            LogReleaseFailed(e, terms.Node, holding.Own.Epoch);
        }
    }

    /// <summary>Whether etcd has it, or it is another's by now. A renewal that was on its way may have come first.</summary>
    private async Task<bool> ReleasedAsync(Holding holding)
    {
        for (var attempt = 0; attempt < ReleaseAttempts; attempt++)
        {
            (holding, var last) = holding.Release(clock());
            (holding, var hold) = holding.Hear(last, await store.SwapAsync(last.Record, last.Before, terms.Call, CancellationToken.None));
            if (hold is Hold.Lost or Hold.Gone || holding.Acknowledged is { Record.Released: true })
                return true;
        }
        return false;
    }

    /// <summary>Nothing runs here that may write: the guard need not end anything at its deadline. Whether it has heard that.</summary>
    internal async Task<bool> StandDownAsync(CancellationToken cancel)
    {
        using var alone = await _turn.EnterAsync(cancel);
        if (Until is not null)
            return false;
        await EndAsync();
        _due = null; // nor need the agent
        return await guard.RestAsync(cancel);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Node} does not give the record up: its server is, or may be, writable")]
    private partial void LogWritable(string node);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Node} does not renew the record of epoch {Epoch} any more, and etcd could not be told: it runs out")]
    private partial void LogRunsOut(string node, long epoch);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Node} does not renew the record of epoch {Epoch} any more, and could not tell etcd: it runs out")]
    private partial void LogReleaseFailed(Exception e, string node, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Node} has given the record of epoch {Epoch} up: another node may take it at once")]
    private partial void LogGivenUp(string node, long epoch);
}
