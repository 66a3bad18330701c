using Microsoft.AspNetCore.Http;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>The headers by which a repeated call is recognised, and by which an answer says that it is an earlier call's.</summary>
internal static class RepeatHeaders
{
    private const string Key = Routes.KeyHeader;
    private const int LongestKey = 128;

    /// <summary>The key of a request; null if it has none.</summary>
    internal static string? KeyOf(HttpRequest request) => request.Headers[Key] is [{ } key] ? key : null;

    /// <summary>Why the key is none, or null.</summary>
    internal static Refusal? Refuse(HttpRequest request) =>
        !request.Headers.TryGetValue(Key, out var keys) || (keys is [{ Length: > 0 and <= LongestKey } key] && key.All(c => c is > ' ' and <= '~')) ? null
            : new(Code.Invalid, $"{Key} is no key", $"give one, of 1 to {LongestKey} printable ASCII characters without spaces");

    /// <summary>Whose call it is, and whether its answer says how the operation ended.</summary>
    internal static OperationCall? CallOf(HttpContext http, bool waits) =>
        new OperationCall { Key = KeyOf(http.Request), From = waits ? http.Connection.RemoteIpAddress?.ToString() : null } is var call && call is { Key: null, From: null } ? null : call;

    /// <summary>This answer is that of an earlier call.</summary>
    internal static void Repeated(HttpContext http, OperationReport report) => http.Response.Headers[Routes.RepeatedHeader] = HeaderText.Of([
        $"this is the outcome of operation {report.Id}, which the same call had begun before; nothing was done again",
        report.Call?.Key is null ? "to call anew: name the target (to=NODE), or give an Idempotency-Key" : $"to call anew: give another {Key}",
    ]);

    /// <summary>Steps were let go by the first call with this key.</summary>
    internal static void Resumed(HttpContext http) => http.Response.Headers[Routes.RepeatedHeader] = $"the first call with this {Key} has let it go on; to let it go on once more give another";

    /// <summary>The same call again would undo this one.</summary>
    internal static void Suggest(HttpContext http, string primary) => http.Response.Headers[Routes.HintHeader] = HeaderText.Of([
        $"the same call again would exchange the roles again; with to={primary} or an {Key} it would not",
    ]);
}
