namespace PgHa.Agent.Succession;

/// <summary>What is known of the server of a holder whose agent does not answer, after its record has run out.</summary>
public enum OldPrimary
{
    /// <summary>It was never seen to accept writes since: it is fenced, as the record tells.</summary>
    Fenced,

    /// <summary>It accepts writes: its guard is dead, too.</summary>
    Serves,

    /// <summary>It did accept writes, and does not answer now. Nothing shows that it has ended.</summary>
    Lost,

    /// <summary><c>failover.stop_command</c> has stopped it, and it does not answer any more.</summary>
    Stopped,
}

/// <summary>What follows from a look at the old primary's server. Pure.</summary>
public static class OldPrimaryRules
{
    /// <summary>What is known after a look. Once it was seen to accept writes its silence alone is no proof, because no guard ends it.</summary>
    /// <param name="before">What was known.</param>
    /// <param name="sign">What shows of it now.</param>
    /// <param name="attempt">How far stop_command was before that look; null: it was not run.</param>
    public static OldPrimary After(OldPrimary before, ServerSign sign, StopAttempt? attempt) => sign switch
    {
        ServerSign.AcceptsWrites => OldPrimary.Serves,
        ServerSign.InRecovery or ServerSign.Refused => OldPrimary.Fenced,
        ServerSign.Silent when before != OldPrimary.Fenced => attempt is { Succeeded: true } || before == OldPrimary.Stopped ? OldPrimary.Stopped : OldPrimary.Lost,
        _ => before == OldPrimary.Fenced ? OldPrimary.Fenced : OldPrimary.Lost,
    };
}

/// <summary>Looks at the server of the last holder while its agent does not answer, and remembers what it saw of that turn.</summary>
internal sealed class OldPrimaryWatch(ISurroundings surroundings, StopProgram program)
{
    private (string Node, long Epoch, OldPrimary Known) _last = ("", 0, OldPrimary.Fenced);

    /// <summary>What is known now, and how far stop_command is.</summary>
    internal async Task<(OldPrimary Known, StopAttempt? Attempt)> LookAsync(string node, long epoch, bool agentAnswers, CancellationToken cancel)
    {
        var before = _last.Node == node && _last.Epoch == epoch ? _last.Known : OldPrimary.Fenced;
        var attempt = program.Of(node, epoch); // before the look: what it says is looked at afterwards
        _last = (node, epoch, agentAnswers ? OldPrimary.Fenced : OldPrimaryRules.After(before, await surroundings.AskServerAsync(node, cancel), attempt));
        return (_last.Known, attempt);
    }
}
