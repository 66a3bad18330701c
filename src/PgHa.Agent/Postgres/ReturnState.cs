namespace PgHa.Agent.Postgres;

/// <summary>What is shown of a standby that is to be started again.</summary>
internal sealed class ReturnState
{
    private volatile string? _text;

    /// <summary>What it waits for; null if nothing is to be started.</summary>
    internal string? Text
    {
        get => _text;
        set => _text = value;
    }
}
