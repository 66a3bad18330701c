using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>A call that asks for a change: its route, its options, and what it means.</summary>
/// <param name="Text">As an operator types it: method, path and options, <c>name=value</c> where one must be there, <c>[name=value]</c> where it may be. Paths of v2 begin with it.</param>
/// <param name="Make">The request from the name of the called node and the call's options.</param>
public sealed record RequestCall(string Text, Func<string, Func<string, string?>, ChangeRequest> Make)
{
    private readonly string[] _words = Text.Split(' ');

    /// <summary>POST or DELETE.</summary>
    public string Method => _words[0];

    /// <summary>Below <c>/api/pg/v1</c>, or below <c>/api/pg</c> where it begins with <c>v2</c>.</summary>
    public string Path => _words[1];

    /// <summary>Its options in native words come in a body, else in the query.</summary>
    public bool IsNative => Path.StartsWith("v2/", StringComparison.Ordinal);

    /// <summary>Its own options, beside those that all changes have.</summary>
    public IEnumerable<RequestOption> Options => _words.Skip(2).Select(RequestOption.Of);

    /// <summary>Whether these options make this call: all that must be there, and no others.</summary>
    public bool Takes(IReadOnlyDictionary<string, string> given)
    {
        var known = Options.ToDictionary(o => o.Name);
        return known.Values.All(o => !o.Needed || given.ContainsKey(o.Name)) && given.All(g => known.TryGetValue(g.Key, out var o) && o.Allows(g.Value));
    }

    /// <inheritdoc />
    public override string ToString() => Text;
}

/// <summary>An option of a call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Values">What it may be; null: the name of a node, or settings.</param>
/// <param name="Needed">Whether the call is none without it.</param>
public sealed record RequestOption(string Name, IReadOnlyList<string>? Values, bool Needed)
{
    /// <summary>It takes settings that are to be changed (<see cref="SettingChange.Text"/>).</summary>
    public bool IsSettings { get; init; }

    internal static RequestOption Of(string word) => word.Trim('[', ']').Split('=') is [var name, var values]
        ? new(name, values is "NODE" or "SETTINGS" ? null : values.Split('|'), word[0] != '[') { IsSettings = values == "SETTINGS" } : throw new ArgumentException(word, nameof(word));

    /// <summary>Whether it may have this value, which is a node's name where it takes one.</summary>
    internal bool Allows(string value) => Values?.Contains(value) ?? (!IsSettings || SettingChange.Parse(value).IsOk);
}
