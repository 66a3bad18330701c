using System.CommandLine;
using System.CommandLine.Completions;
using PgHa.Agent.Configuration;
using PgHa.Commands;

namespace PgHa.Access;

/// <summary>Arguments that name a node: the shell completes them from this machine's configuration, without asking anybody.</summary>
internal static class NodeNames
{
    /// <summary>An argument that is the name of a node.</summary>
    internal static Argument<string?> Argument(string description, bool needed = false)
    {
        var node = new Argument<string?>("node") { Description = description, HelpName = "NODE", Arity = needed ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne };
        node.CompletionSources.Add(Known);
        return node;
    }

    private static IEnumerable<CompletionItem> Known(CompletionContext context) =>
        ConfigurationLoader.Load(context.ParseResult.GetValue<string?>("--config") ?? ConfigurationLoader.DefaultFile, ConfigFile.Environment()).Options is { } options
            ? options.Nodes.Select(n => new CompletionItem(n.Name)) : [];
}
