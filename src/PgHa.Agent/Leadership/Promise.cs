namespace PgHa.Agent.Leadership;

/// <summary>
/// What this node has promised the holder of the record while etcd did not answer: not to become writable before it lapses. Nothing takes it back. Pure.
/// </summary>
public sealed record Promise
{
    /// <summary>Whoever it was promised to where the file does not tell.</summary>
    public const string Unknown = "a node that is not known";

    /// <summary>The holder that it was promised to last.</summary>
    public required string To { get; init; }

    /// <summary>The epoch of the holder.</summary>
    public required long Epoch { get; init; }

    /// <summary>The boot of this machine in which it was promised, or restarted.</summary>
    public required string Boot { get; init; }

    /// <summary>When it lapses, by this machine's clock since boot, in ticks of 100 ns.</summary>
    public required long UntilTicks { get; init; }

    /// <summary>For how long it was promised, in milliseconds: after a boot it begins anew, because nothing tells how long the machine was down.</summary>
    public required int ForMilliseconds { get; init; }

    /// <summary>Whether it holds.</summary>
    public bool Stands(TimeSpan now) => now.Ticks < UntilTicks;

    /// <summary>For how long it holds yet.</summary>
    public TimeSpan Left(TimeSpan now) => Stands(now) ? TimeSpan.FromTicks(UntilTicks) - now : TimeSpan.Zero;

    /// <summary>What is promised from now on. One that holds for longer, to whomever, is not made shorter.</summary>
    /// <param name="before">What was promised before; null: nothing.</param>
    /// <param name="next">What is promised now; its lapse is not used.</param>
    /// <param name="now">This machine's clock since boot, read after it was asked for.</param>
    public static Promise After(Promise? before, Promise next, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(next);
        var kept = before is not null && before.Stands(now) ? before : null;
        return next with { UntilTicks = Math.Max(kept?.UntilTicks ?? 0, Lapse(now, next.ForMilliseconds)), ForMilliseconds = Math.Max(kept?.ForMilliseconds ?? 0, next.ForMilliseconds) };
    }

    /// <summary>What is left of it when an agent begins to run: in the same boot the rest, after another one all of it once more.</summary>
    /// <param name="boot">The boot of this machine.</param>
    /// <param name="now">Its clock since boot.</param>
    public Promise In(string boot, TimeSpan now)
    {
        var anew = Lapse(now, ForMilliseconds);
        return this with { Boot = boot, UntilTicks = boot == Boot ? Math.Min(UntilTicks, anew) : anew };
    }

    /// <summary>It lasts longer here than the holder counts on, by what two clocks may differ.</summary>
    private static long Lapse(TimeSpan now, int milliseconds) => (now + (TimeSpan.FromMilliseconds(milliseconds) * (1 + Holding.Drift))).Ticks;
}
