using System.Globalization;
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
        v1.MapGet("slots/{scope}", GetPositionsAsync).Says("The confirmed position of each logical slot, by node", WireJson.Default.DictionaryStringSlotPositions);
        v1.MapGet("slot/{name}/{what}", GetAsync).Says("A slot of the called node: all columns, its positions, or its state file", WireJson.Default.SlotColumns)
            .Gives(StatusCodes.Status200OK, WireJson.Default.SlotLsn).Gives("application/octet-stream");
        v1.MapGet("slot/{name}/file/{hi}/{lo}", GetNewerFileAsync).SendsBytes().Says("The state file of a slot, if it is confirmed beyond a position");
        v1.MapPost("slots/file", (HttpContext http, SlotLevel level) => level.RunAsync(http)).ReadsOptions("[restart=true|false]")
            .Says("Level the called standby's copies of the primary's logical slots now", WireJson.Default.SlotLevels)
            .Gives(StatusCodes.Status200OK, WireJson.Default.OperationReport).Gives(StatusCodes.Status202Accepted, WireJson.Default.OperationReport);
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
        return WrittenJson.Of(asked.Zip(answers).ToDictionary(a => a.First.Name, a => a.Second.IsOk ? SlotPositions.Of(a.Second.Value) : new SlotPositions(new Dictionary<string, string?>(), a.Second.Refusal)),
            WireJson.Default.DictionaryStringSlotPositions);
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
            : what == "all" ? WrittenJson.Of(Columns(slot, report.Value.Node), WireJson.Default.SlotColumns)
            : WrittenJson.Of(new SlotLsn(slot.RestartLsn?.ToString(), slot.ConfirmedFlush?.ToString()), WireJson.Default.SlotLsn);
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
    private static SlotColumns Columns(SlotFacts slot, string node) => new()
    {
        SlotName = slot.Name,
        Plugin = slot.Plugin,
        SlotType = slot.IsLogical ? "logical" : "physical",
        Datoid = slot.IsLogical ? Text(slot.DatabaseOid) : null,
        Temporary = YesNo(slot.Temporary),
        Active = YesNo(slot.ActivePid is not null),
        ActivePid = slot.ActivePid is { } pid ? pid.ToString(CultureInfo.InvariantCulture) : null,
        Xmin = Text(slot.Xmin),
        CatalogXmin = Text(slot.CatalogXmin),
        RestartLsn = slot.RestartLsn?.ToString(),
        ConfirmedFlush = slot.ConfirmedFlush?.ToString(),
        TwoPhase = YesNo(slot.TwoPhase),
        Failover = YesNo(slot.Failover),
        Synced = YesNo(slot.Synced),
        Invalid = slot.Invalid,
        RetainedBytes = slot.RetainedBytes?.ToString(CultureInfo.InvariantCulture),
        CopyOf = slot.Copy?.Source == node ? null : slot.Copy?.Source,
    };

    private static IResult NotAName(string name) =>
        Answers.Refuse(new(Code.Invalid, $"{name} is no slot's name", "a slot's name has 1 to 63 of a-z, 0-9 and _"), StatusCodes.Status404NotFound);

    private static string? Text(uint? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string YesNo(bool value) => value ? "t" : "f";
}
