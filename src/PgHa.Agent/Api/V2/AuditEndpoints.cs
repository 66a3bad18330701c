using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V2;

/// <summary>Who has changed what through this agent (<c>pgha audit</c>).</summary>
internal static class AuditEndpoints
{
    private const int Usual = 100, Most = 10000;

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet(Routes.V2 + "/node/audit", Get).TakesOptions("[last=LINES]").GivesContent()
        .Says("Who has changed what through the called agent, the oldest line first", WireJson.Default.AuditEntryArray);

    private static IResult Get(HttpContext http, AuditLog audit)
    {
        var last = http.Request.Query["last"].FirstOrDefault() ?? Usual.ToString(CultureInfo.InvariantCulture);
        return int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most is >= 1 and <= Most
            ? Results.Json(audit.Last(most), WireJson.Default.AuditEntryArray)
            : Answers.Refuse(new(Code.Invalid, $"invalid option last={last}", $"last=LINES, 1 to {Most}; {Usual} without it"));
    }
}
