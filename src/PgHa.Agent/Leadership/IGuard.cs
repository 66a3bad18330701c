namespace PgHa.Agent.Leadership;

/// <summary>The guard, as its agent speaks to it: a process beside the server, and a simulated one.</summary>
internal interface IGuard : IDeadline
{
    /// <summary>What is in force, without changing it: until when the server may write; null: nothing is guarded, or nobody answers.</summary>
    /// <param name="cancel">Ends the call.</param>
    /// <param name="starts">Starts one where none runs.</param>
    Task<TimeSpan?> AskAsync(CancellationToken cancel, bool starts = false);

    /// <summary>No server here may write, and none does. Whether the guard has heard it, or there is none.</summary>
    Task<bool> RestAsync(CancellationToken cancel);
}
