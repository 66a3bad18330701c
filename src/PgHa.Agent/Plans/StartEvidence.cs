using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>A setting of a node's next start. For example: max_connections is 200 at the next start of n2 (100 now; postgresql.conf line 12).</summary>
/// <param name="Node">The node.</param>
/// <param name="Name">The setting.</param>
/// <param name="Value">Its value then.</param>
public sealed record NextSetting(string Node, string Name, string Value) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Name} is {Quoted(Value)} at the next start of {Node}{Known}";

    /// <summary>The value that the running server has, if it is another one.</summary>
    public string? Now { get; init; }

    /// <summary>Where it is set; null: it has its default.</summary>
    public string? Place { get; init; }

    private string Known => string.Join("; ", new[] { Now is null ? null : $"{Quoted(Now)} now", Place }.OfType<string>()) is { Length: > 0 } known ? $" ({known})" : "";

    /// <summary>As the node's agent has read it.</summary>
    internal static NextSetting Of(NextStart node, string name) => new(node.Node, name, node.Settings[name])
    {
        Now = node.Running.GetValueOrDefault(name) is { } now && now != node.Settings[name] ? now : null,
        Place = node.Places.GetValueOrDefault(name),
    };

    private static string Quoted(string value) => value.Length > 0 && value.All(char.IsLetterOrDigit) ? value : $"'{value}'";
}

/// <summary>A stopped server will listen elsewhere than its address in <c>nodes</c> points.</summary>
/// <param name="Setting">The setting that does it.</param>
/// <param name="Host">The host of its address.</param>
/// <param name="Port">The port of its address.</param>
public sealed record ListensElsewhere(NextSetting Setting, string Host, int Port) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Setting}: {StartRules.Looked(Host, Port)}";
}

/// <summary>A node that a plan does not start anew would not start later.</summary>
/// <param name="Node">The node.</param>
/// <param name="Why">Why not.</param>
public sealed record WouldNotStartLater(string Node, Refusal Why) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"the next start of {Node} after this: {Why.Message}";
}

/// <summary>What would be refused if the primary were not down: serving again comes first.</summary>
/// <param name="Why">What is not refused.</param>
public sealed record PassedOver(Refusal Why) : Evidence
{
    /// <inheritdoc />
    public override string Words => Why.Message;
}

/// <summary>A start in recovery waits for an archive that is slow.</summary>
/// <param name="Node">The node.</param>
public sealed record ArchiveIsSlow(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{ArchiveRules.SlowWords(Node)}: the start of {Node} waits for it";
}
