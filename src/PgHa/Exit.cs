using PgHa.Client.Operations;

namespace PgHa;

/// <summary>What a command ends with (docs/cli.md).</summary>
internal static class Exit
{
    /// <summary>Done, or shown.</summary>
    internal const int Done = 0;

    /// <summary>Refused: nothing was changed.</summary>
    internal const int Refused = 1;

    /// <summary>The command line is wrong.</summary>
    internal const int Usage = 2;

    /// <summary>No agent, or a node that is needed, could be reached: nothing is known.</summary>
    internal const int Unreachable = 3;

    /// <summary>It was begun, and failed.</summary>
    internal const int Failed = 4;

    /// <summary>It was begun and goes on; nobody waits for it here.</summary>
    internal const int Detached = 5;

    /// <summary>That of a refusal.</summary>
    internal static int Of(Refusal refusal) => refusal.Code switch
    {
        Code.Invalid => Usage,
        Code.PeerUnreachable => Unreachable,
        Code.StepFailed => Failed,
        _ => Refused,
    };
}
