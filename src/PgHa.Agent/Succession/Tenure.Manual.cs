using Microsoft.Extensions.Logging;
using PgHa.Agent.Leadership;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>The part about manual mode: the record is ended without a stop of the server, and taken again by whoever is primary then.</summary>
internal sealed partial class Tenure
{
    /// <summary>The record was ended for manual mode: a person decides.</summary>
    internal static bool IsByHand(PrimaryRecord? record) => record is { Manual: true, Returns: false };

    /// <summary>
    /// Ends the record that this node holds for manual mode. Once etcd has it nobody can take the record any more, so the guard has nothing left to end. Where etcd does not answer nothing is known: the rules go
    /// on holding it, or let the guard rest, as they find it.
    /// </summary>
    internal async Task<Refusal?> EndForManualAsync(CancellationToken cancel)
    {
        using var alone = await _turn.EnterAsync(cancel);
        if (Until is null || _keeping is not { Keeper.Holding: not null } keeping)
            return new(Code.WrongState, $"{terms.Node} does not hold the record", "GET v2/cluster/explain says which node does: call it there");
        await EndAsync();
        var holding = keeping.Keeper.Holding;
        RecordAnswer? answer = null;
        for (var attempt = 0; attempt < ReleaseAttempts && holding.Acknowledged is not { Record.Manual: true }; attempt++)
        {
            (holding, var last) = holding.EndForManual(clock());
            answer = await store.SwapAsync(last.Record, last.Before, terms.Call, cancel);
            (holding, var hold) = holding.Hear(last, answer);
            if (hold is Hold.Lost or Hold.Gone)
                break;
        }
        if (holding.Acknowledged is not { Record.Manual: true })
            return new(Code.PeerUnreachable, $"etcd could not be told that the record is ended ({answer}): {terms.Node} goes on holding it", "bring etcd back, then repeat the call");
        _due = null;
        await guard.RestAsync(cancel);
        LogEnded(terms.Node, holding.Own.Epoch);
        return null;
    }

    /// <summary>Goes back to automatic mode: from now on the primary takes the record; or stays in manual mode after all. Nothing to do where the record was not ended.</summary>
    internal async Task<Refusal?> ReturnAsync(bool returns, CancellationToken cancel)
    {
        using var alone = await _turn.EnterAsync(cancel);
        var answer = await LookAsync(cancel);
        if (answer is RecordAnswer.Stands { Record: { Manual: true } record, Standing: var before } && record.Returns != returns)
            answer = await store.SwapAsync(record with { Returns = returns }, before, terms.Call, cancel);
        return answer switch
        {
            RecordAnswer.Swapped => null,
            RecordAnswer.Stands { Record: var stands } when !stands.Manual || stands.Returns == returns => null,
            RecordAnswer.Absent => null, // there was no record yet: the primary takes the first one
            RecordAnswer.Stands => new(Code.WrongState, "the record was changed in this moment", "repeat the call"),
            _ => Withheld(answer),
        };
    }

    /// <summary>A node that begins a turn without one before: the very first, or the first after manual mode.</summary>
    private async Task<bool> MayBeFirstAsync(RecordAnswer answer, CancellationToken cancel) => answer switch
    {
        RecordAnswer.Absent => SuccessionRules.RefuseFirst(terms.Node, await cluster.ObserveAsync(fresh: true, cancel)) is null,
        RecordAnswer.Stands { Record.Returns: true } => SuccessionRules.RefuseReturn(terms.Node, await cluster.ObserveAsync(fresh: true, cancel)) is null,
        _ => false,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Node} has ended the record of epoch {Epoch} for manual mode: nobody takes it, and the guard rests")]
    private partial void LogEnded(string node, long epoch);
}
