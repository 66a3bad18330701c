using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>A setting of a node, as it is and as it will be.</summary>
/// <param name="Setting">Both.</param>
public sealed record SettingIs(NodeSetting Setting) : Evidence
{
    /// <inheritdoc />
    public override string Words => Setting.Now == Setting.Then ? $"{Setting.Name} is {Shown(Setting.Now)} on {Setting.Node} already"
        : $"{Setting.Name} is {Shown(Setting.Now)} on {Setting.Node} now, and {Shown(Setting.Then)} then{(Setting.Restarts ? ", after a restart" : "")}";

    private string Shown(string? value) => value is null ? "not known" : SettingChange.Shown(value) + (Setting.Unit is null || !value.All(c => char.IsAsciiDigit(c) || c is '-' or '.') ? "" : $" (in {Setting.Unit})");
}
