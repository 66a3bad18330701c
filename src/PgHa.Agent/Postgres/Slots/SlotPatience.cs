namespace PgHa.Agent.Postgres;

/// <summary>How long is waited for copies of slots to be advanced.</summary>
/// <param name="Safe">For those that are safe where they stand: without it their consumers get what lies between once more.</param>
/// <param name="Needed">For those that are not carried otherwise.</param>
internal sealed record SlotPatience(TimeSpan Safe, TimeSpan Needed)
{
    internal static readonly SlotPatience Endless = new(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}
