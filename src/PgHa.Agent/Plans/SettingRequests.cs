using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Set settings of one node, or take them back.</summary>
/// <param name="Called">The node.</param>
/// <param name="Settings">The changes (<see cref="SettingChange.Text"/>).</param>
/// <param name="Restarts">Its running server is restarted in place, if only that brings them into force.</param>
public sealed record ChangeSettings(string Called, string Settings, bool Restarts = false) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => new SetSettings(Called, Settings).Words + (Restarts ? ", with a restart if it needs one" : "");

    /// <inheritdoc />
    public override bool NeedsWal(Mandate mandate) => Restarts;

    /// <inheritdoc />
    public override string? Focus(Mandate mandate, ClusterView view) => new RestartNode(Called).Focus(mandate, view);

    /// <inheritdoc />
    public override string? NewSettings => Settings;

    /// <summary>The changes; none where the text is none.</summary>
    public IReadOnlyList<SettingChange> Changes => SettingChange.Parse(Settings).Value ?? [];
}
