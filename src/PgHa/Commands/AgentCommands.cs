using System.CommandLine;
using PgHa.Client.Calls;
using PgHa.Client.Operations;

namespace PgHa.Commands;

/// <summary>Commands that ask one agent: that of this node, or the one that is named.</summary>
internal static class AgentCommands
{
    /// <summary>A command with its own arguments and options, and what it asks.</summary>
    internal static Command Of(string name, string description, IEnumerable<Symbol> own, Func<AgentClient, Session, Task<int>> run) =>
        OperatorCommand.Of(name, description, own, s => run(s.Access.Own, s));

    /// <summary>Says why not, and what helps.</summary>
    internal static int Refuse(this Session session, Refusal refusal) => session.Screen.Refuse(refusal);

    /// <summary>Says it, for people.</summary>
    internal static void Say(this Session session, string text)
    {
        if (!session.Screen.IsJson)
            session.Screen.Line(text);
    }

    /// <summary>Shows it to programs; false where people look.</summary>
    internal static bool Showed<T>(this Session session, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        if (session.Screen.IsJson)
            session.Screen.Json(value, type);
        return session.Screen.IsJson;
    }
}
