namespace PgHa.Agent.Postgres;

/// <summary>How long a role change waits for copies of slots to be advanced.</summary>
/// <param name="Safe">For copies that are safe where they stand. If they are not advanced, their consumers get some changes again.</param>
/// <param name="Needed">For those that are not carried otherwise.</param>
internal sealed record SlotPatience(TimeSpan Safe, TimeSpan Needed)
{
    internal static readonly SlotPatience Endless = new(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}
