namespace PgHa.Agent.Cluster;

/// <summary>How far this node is with a step that takes long. Shown in its observation, so that whoever runs the operation can ask.</summary>
public sealed class StepProgress
{
    private volatile string? _text;

    /// <summary>In words; null where no step says anything.</summary>
    public string? Text
    {
        get => _text;
        set => _text = value;
    }
}
