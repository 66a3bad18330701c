namespace PgHa.Agent.Postgres;

/// <summary>Why the slots for the other nodes could not be kept when they were last looked after. Shown in the node's observation.</summary>
internal sealed class SlotProblem
{
    private volatile string? _text;

    /// <summary>In words; null if all is well.</summary>
    internal string? Text
    {
        get => _text;
        set => _text = value;
    }
}
