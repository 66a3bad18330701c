using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Postgres;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Slots;

namespace PgHa.Agent.Api.V1;

/// <summary>
/// Logical slots in the words of the specification's chapter: <c>slots/current</c> gives each slot's confirmed position,
/// <c>slot/NAME/all</c> its columns, <c>slot/NAME/file</c> the bytes of pg_replslot/NAME/state.
/// </summary>
internal static class SlotEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup(Routes.V1);
        v1.MapGet("slots/{scope}", GetPositionsAsync);
        v1.MapGet("slot/{name}/{what}", GetAsync);
        v1.MapGet("slot/{name}/file/{hi}/{lo}", GetNewerFileAsync).SendsBytes();
        v1.MapPost("slots/file", (HttpContext http, SlotLevel level) => level.RunAsync(http)).ReadsOptions();
    }

    private static async Task<IResult> GetPositionsAsync(HttpContext http, string scope, ClusterObserver cluster, AgentOptions options)
    {
        var name = scope == "current" ? options.Node : scope;
        var asked = scope == "all" ? cluster.Nodes : [.. cluster.Nodes.Where(n => n.Name == name)];
        if (asked.Count == 0)
            return Answers.Refuse(new(Code.Invalid, $"there is no GET {http.Request.Path}",
                $"possible: current, all, {string.Join(", ", options.Nodes.Select(n => n.Name))}"), StatusCodes.Status404NotFound);
        var answers = await Task.WhenAll(asked.Select(n => n.Slots.ReportAsync(http.RequestAborted)));
        if (scope != "all" && answers[0].Refusal is { } refusal)
            return Answers.Refuse(refusal);
        return Body(json =>
        {
            foreach (var (node, answer) in asked.Zip(answers))
            {
                json.WritePropertyName(node.Name);
                if (answer.IsOk)
                    WritePositions(json, answer.Value);
                else
                    JsonSerializer.Serialize(json, answer.Refusal, WireJson.Default.Refusal);
            }
        });
    }

    /// <summary>The confirmed position of each logical slot.</summary>
    internal static void WritePositions(Utf8JsonWriter json, SlotsReport report)
    {
        json.WriteStartObject();
        foreach (var slot in report.Slots.Where(s => s.IsLogical))
            json.WriteString(slot.Name, slot.ConfirmedFlush?.ToString());
        json.WriteEndObject();
    }

    private static async Task<IResult> GetAsync(HttpContext http, string name, string what, LocalNode node, SlotReading reading)
    {
        if (!SlotState.IsValidName(name))
            return NotAName(name);
        if (what is not ("all" or "lsn" or "file"))
            return Answers.Refuse(new(Code.Invalid, $"there is no GET {http.Request.Path}", "possible: all, lsn, file, file/HI/LO"), StatusCodes.Status404NotFound);
        if (what == "file")
            return await node.Slots.FileAsync(name, http.RequestAborted) is { IsOk: true, Value: { } bytes }
                ? Results.Bytes(bytes, "application/octet-stream") : Answers.Refuse(reading.Unknown(name));
        var report = await node.Slots.ReportAsync(http.RequestAborted);
        return !report.IsOk ? Answers.Refuse(report.Refusal)
            : report.Value[name] is not { } slot ? Answers.Refuse(reading.Unknown(name))
            : Body(what == "all" ? json => WriteAll(json, slot, report.Value.Node) : json => WriteLsn(json, slot));
    }

    /// <summary>The file, if its slot has been confirmed beyond a position.</summary>
    private static async Task<IResult> GetNewerFileAsync(HttpContext http, string name, string hi, string lo, LocalNode node, SlotReading reading)
    {
        if (!SlotState.IsValidName(name))
            return NotAName(name);
        if (!Lsn.TryParse(hi, lo, out var known))
            return Answers.Refuse(new(Code.Invalid, $"{hi}/{lo} is not an LSN", "write it as …/file/0/5E000140, both parts hexadecimal"), StatusCodes.Status404NotFound);
        if (await node.Slots.FileAsync(name, http.RequestAborted) is not { IsOk: true, Value: { } bytes })
            return Answers.Refuse(reading.Unknown(name));
        var state = SlotState.Read(bytes, name);
        if (!state.IsOk)
            return Answers.Refuse(new(Code.WrongState, $"the state file of slot {name} is damaged: {state.Error}", "the server would not start with it: look at the disk"));
        return state.Value.ConfirmedFlush > known
            ? Results.Bytes(bytes, "application/octet-stream")
            : Answers.Refuse(new(Code.NotFound, $"nothing newer: slot {name} is confirmed up to {state.Value.ConfirmedFlush} in its file", "a running server writes the file at its next checkpoint"));
    }

    /// <summary>The columns of the specification's table, by its names; then what else is known.</summary>
    private static void WriteAll(Utf8JsonWriter json, SlotFacts slot, string node)
    {
        json.WriteString("slot_name", slot.Name);
        json.WriteString("plugin", slot.Plugin);
        json.WriteString("slot_type", slot.IsLogical ? "logical" : "physical");
        json.WriteString("datoid", slot.IsLogical ? Text(slot.DatabaseOid) : null);
        json.WriteString("temporary", YesNo(slot.Temporary));
        json.WriteString("active", YesNo(slot.ActivePid is not null));
        json.WriteString("active_pid", slot.ActivePid is { } pid ? pid.ToString(CultureInfo.InvariantCulture) : null);
        json.WriteString("xmin", Text(slot.Xmin));
        json.WriteString("catalog_xmin", Text(slot.CatalogXmin));
        WriteLsn(json, slot);
        json.WriteString("two_phase", YesNo(slot.TwoPhase));
        json.WriteString("failover", YesNo(slot.Failover));
        json.WriteString("synced", YesNo(slot.Synced));
        json.WriteString("invalid", slot.Invalid);
        json.WriteString("retained_bytes", slot.RetainedBytes?.ToString(CultureInfo.InvariantCulture));
        json.WriteString("copy_of", slot.Copy?.Source == node ? null : slot.Copy?.Source);
    }

    private static void WriteLsn(Utf8JsonWriter json, SlotFacts slot)
    {
        json.WriteString("restart_lsn", slot.RestartLsn?.ToString());
        json.WriteString("confirmed_flush", slot.ConfirmedFlush?.ToString());
    }

    internal static IResult Body(Action<Utf8JsonWriter> write)
    {
        return new WrittenJson(json =>
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        });
    }

    private static IResult NotAName(string name) =>
        Answers.Refuse(new(Code.Invalid, $"{name} is no slot's name", "a slot's name has 1 to 63 of a-z, 0-9 and _"), StatusCodes.Status404NotFound);

    private static string? Text(uint? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string YesNo(bool value) => value ? "t" : "f";
}
