namespace PgHa.Agent.Succession;

/// <summary>The part about a server that still accepts writes though its record has run out, and whose agent and guard are dead.</summary>
public static partial class SuccessionRules
{
    /// <summary>One node runs the program: the one that would take the record. It goes on only when the server is seen to have ended, or does not answer after the program said so.</summary>
    private static SuccessionVerdict Fence(SuccessionFacts f, string holder)
    {
        if (f.StopCommand is not { } program)
            return Still(f, holder);
        if (f.Stopping is { Runs: true })
            return Nothing($"{Sighted(f, holder)}: {program} is stopping it");
        if (f.Wal is null || Candidates(f).FirstOrDefault() is not { } best)
            return Still(f, holder);
        if (best != f.Node)
            return Nothing($"{Sighted(f, holder)}: {best}, which is the better node, runs its failover.stop_command");
        if (f.Stopping is { Again: false })
            return Still(f, holder, f.Stopping.Failure is { } why ? $"{program} did not stop it: {why}" : $"{program} says that it has stopped it");
        return Do(SuccessionAction.StopHolder, $"{Sighted(f, holder)}: {program} is run to stop it");
    }

    private static SuccessionVerdict Still(SuccessionFacts f, string holder, string? more = null) =>
        Nothing($"{Sighted(f, holder)}: nobody is promoted beside it{(more is null ? "" : $". {more}")}", f.OldPrimaryServes
            ? $"stop that server: on its machine pg_ctl stop -m immediate; or bring the agent of {holder} up"
            : $"see to it that the machine of {holder} is off, then: pgha record release {holder} --yes; or bring its agent up");

    private static string Sighted(SuccessionFacts f, string holder) => f.OldPrimaryServes
        ? $"the record {Over(f)}, and the server of {holder} still accepts writes"
        : $"the record {Over(f)}, the server of {holder} accepted writes after that, and nothing shows that it has ended";
}
