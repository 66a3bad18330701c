using PgHa.Client.Operations;
using PgHa.Terminal;

namespace PgHa.Access;

/// <summary>Addresses of agents as people write them.</summary>
internal static class AgentUrls
{
    /// <summary>One or several, separated by commas.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="where">Where it was written.</param>
    internal static Answer<Uri[]> Read(string text, string where)
    {
        var urls = new List<Uri>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate(part, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.PathAndQuery != "/" || url.UserInfo.Length > 0 || url.Fragment.Length > 0)
                return new Refusal(Code.Invalid, $"{where}: '{Shown.Of(part)}' is not the address of an agent", "write it as http://HOST:PORT or https://HOST:PORT, as `agent` in the nodes' configuration");
            urls.Add(url);
        }
        return urls.ToArray();
    }
}
