using PgHa.Client.Operations;

namespace PgHa.Agent.Cluster;

/// <summary>Set settings of a node, or take them back: by ALTER SYSTEM and a reload, or in postgresql.auto.conf while it is stopped.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Settings">The changes (<see cref="SettingChange.Text"/>).</param>
public sealed record SetSettings(string Node, string Settings) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"on {Node}: {string.Join(", ", Asked.Select((c, i) => i == 0 && c.Value is not null ? $"set {c.Words}" : c.Words))}";

    /// <inheritdoc />
    public override string Path => $"set?settings={Uri.EscapeDataString(Settings)}";

    /// <summary>The changes; none where the text is none.</summary>
    public IReadOnlyList<SettingChange> Asked => SettingChange.Parse(Settings).Value ?? [];
}
