using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Keeps the physical slots for the other nodes, and on a standby copies of those that others have on the primary: at every look of <c>Upkeep/NodeUpkeep</c>, and at once where a step makes the node a primary.
/// What fails is logged and shown in the node's facts; it never fails a step.
/// </summary>
internal sealed partial class PhysicalSlots(
    AgentOptions options, DataDirectory data, LocalSql sql, SlotProblem problem, PhysicalCopyNotes copies, ClusterObserver cluster, ILogger<PhysicalSlots> log)
{
    private const string InUse = PostgresErrorCodes.ObjectInUse, Exists = PostgresErrorCodes.DuplicateObject, Missing = PostgresErrorCodes.UndefinedObject;

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, bool> _givenUp = new();
    private string? _notAsked;

    /// <summary>Does what the rules say, over all nodes.</summary>
    internal async Task LookAsync(ClusterView view, CancellationToken cancel)
    {
        if (view[options.Node] is not { Sql.OtherSlots: { } own } here)
            return;
        if (here.Writable)
            copies.Clear();
        else
            copies.Only([.. own.Select(s => s.Name)]);
        var others = OtherSlotRules.For(options.Node, view, copies.Of, options.Postgres.SlotKeepBytes);
        if (await ApplyAsync([.. PhysicalSlotRules.For(options.Node, view, Wishes), .. others?.Changes ?? []], cancel) is not { } failed)
            return;
        Remember(others);
        Note(string.Join("; ", failed.Values.Distinct().Concat(others?.Left ?? [])) is { Length: > 0 } text ? text : null);
    }

    /// <summary>Makes the slots that are missing, now; what came of it, for a step's evidence.</summary>
    internal async Task<string> EnsureAsync(CancellationToken cancel)
    {
        copies.Clear(); // it is primary: what it has are originals
        var own = await cluster[options.Node].ObserveAsync(fresh: true, cancel);
        if (await ApplyAsync([.. PhysicalSlotRules.For(options.Node, new ClusterView([own]), Wishes).Where(c => c is CreateSlot)], cancel) is { } failed)
            Note(failed.Count == 0 ? null : string.Join("; ", failed.Values.Distinct()));
        return problem.Text is { } text ? $"; slots for the other nodes: {text}" : "";
    }

    /// <summary>Makes copies of the primary's other slots that are missing on this standby. What is not safe here is told, and stops nothing.</summary>
    internal async Task<StepResult> CopyAsync(string source, CancellationToken cancel)
    {
        var view = await cluster.ObserveAsync(fresh: true, cancel);
        if (view.Primary?.Node != source || OtherSlotRules.For(options.Node, view, copies.Of, ulong.MaxValue) is not { } others)
            return StepResult.Done($"{options.Node} does not stream from {source}: no copies can be made now");
        CopySlot[] missing = [.. others.Changes.OfType<CopySlot>()];
        var failed = await ApplyAsync(missing, cancel);
        others = OtherSlotRules.For(options.Node, await cluster.ObserveAsync(fresh: true, cancel), copies.Of, ulong.MaxValue) ?? others; // they begin where the server has made them begin
        Remember(others);
        string[] made = [.. missing.Where(c => failed?.ContainsKey(c.Slot) == false).Select(c => c.Slot)];
        return StepResult.Done(made.Length == 0 ? "no copy was made" : $"made {string.Join(", ", made)}") with
        {
            NotCarried = [.. others.Left, .. missing.Where(c => failed?.ContainsKey(c.Slot) != false).Select(c => OtherSlotRules.Left(c.Slot, failed?[c.Slot] ?? "the server does not answer"))],
        };
    }

    /// <summary>What a failover has to know where the primary cannot be asked any more.</summary>
    private void Remember(OtherSlots? others)
    {
        if (others is null)
            return;
        foreach (var (name, copy) in others.Copies.Where(c => copies.Of(c.Key) is not null))
            copies.Note(name, copy);
        copies.Missing = [.. others.Missing.Where(m => copies.Of(m) is null)];
    }

    private SlotWishes Wishes => new(options.Nodes.Where(n => n.Name != options.Node).ToDictionary(n => n.Name, n => SlotName.Of(n.Name)),
        options.Postgres.SlotKeepBytes, _givenUp.Keys.ToHashSet());

    /// <summary>What the server said to those that could not be done; null if it could not be asked.</summary>
    private async Task<Dictionary<string, string>?> ApplyAsync(IReadOnlyList<SlotChange> changes, CancellationToken cancel)
    {
        var failed = new Dictionary<string, string>();
        if (changes.Count == 0)
            return failed;
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return null;
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(Within);
        try
        {
            await using var connection = await sql.OpenAsync(server, bounded.Token);
            foreach (var change in changes)
                if (await ApplyAsync(connection, change, bounded.Token) is { } why)
                    failed[change.Slot] = why;
            _notAsked = null;
            return failed;
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            if (_notAsked != e.Message)
                LogNotAsked(e.Message); // the server ends, or hands over, at this moment: the next turn tells
            _notAsked = e.Message;
            return null;
        }
    }

    /// <summary>Null when it is done, or not needed any more.</summary>
    private async Task<string?> ApplyAsync(NpgsqlConnection connection, SlotChange change, CancellationToken cancel)
    {
        try
        {
            if (change is CopySlot wanted)
                copies.Note(change.Slot, new(wanted.Source, Level: false)); // before it is made, because a noted slot that does not exist is forgotten
            await LocalSql.ScalarAsync(connection, change switch
            {
                CreateSlot => $"SELECT pg_create_physical_replication_slot('{change.Slot}', true)::text",
                CopySlot c => OnStandby($"pg_create_physical_replication_slot('{change.Slot}', {(c.Reserve ? "true" : "false")})"),
                AdvanceSlot s => $"SELECT pg_replication_slot_advance('{change.Slot}', '{s.To}')::text",
                DropCopy => OnStandby($"pg_drop_replication_slot('{change.Slot}')"),
                _ => $"SELECT pg_drop_replication_slot('{change.Slot}')::text",
            }, cancel);
        }
        catch (PostgresException e) when (e.SqlState is not ("57P01" or "57P02" or "57P03"))
        {
            if (change is CopySlot)
                copies.Note(change.Slot, null);
            return change is CopySlot && e.SqlState == Exists ? $"{options.Node} has a slot of its own of that name"
                : e.SqlState is InUse or Exists or Missing ? null : $"{change.Slot}: {e.MessageText}";
        }
        if (change is CreateSlot)
            _givenUp.TryRemove(change.Slot, out _);
        if (change is DropCopy gone)
        {
            copies.Note(gone.Slot, null);
            LogDropped(gone.Slot, gone.Why);
        }
        if (change is DropSlot dropped)
        {
            if (dropped.GivenUp)
                _givenUp[dropped.Slot] = true;
            LogDropped(dropped.Slot, dropped.Why);
        }
        return null;
    }

    /// <summary>The server may have become primary meanwhile, where this would be wrong.</summary>
    private static string OnStandby(string call) => $"SELECT CASE WHEN pg_is_in_recovery() THEN {call}::text END";

    private void Note(string? text)
    {
        if (text is not null && text != problem.Text)
            LogProblem(text);
        problem.Text = text;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "replication slot {Slot} was dropped: {Why}")]
    private partial void LogDropped(string slot, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "physical slots are not all as they should be: {Problem}")]
    private partial void LogProblem(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "physical slots were not looked after this time: {Why}")]
    private partial void LogNotAsked(string why);
}
