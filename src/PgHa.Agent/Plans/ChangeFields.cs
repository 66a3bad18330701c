using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>A change in native words, as the table of requests reads it.</summary>
internal static class ChangeFields
{
    internal const string Resource = "v2/cluster/";

    /// <summary>The fields that say what is asked for, by their names in the table.</summary>
    internal static Dictionary<string, string> Of(ClusterChange change) => new (string Name, string? Value)[]
        { ("target", change.Target), ("order", change.Order), ("by", change.By), ("unlogged", change.Unlogged), ("from", change.From), ("settings", change.Settings) }
        .Where(o => o.Value is not null).ToDictionary(o => o.Name, o => o.Value!);

    /// <summary>The request that a verb and its fields make on a node; null: the table knows none such.</summary>
    internal static ChangeRequest? Read(string verb, ClusterChange change, string node)
    {
        var given = Of(change);
        return RequestForm.AllCalls.FirstOrDefault(c => c.Path == Resource + verb && c.Takes(given))?.Make(node, given.GetValueOrDefault);
    }
}
