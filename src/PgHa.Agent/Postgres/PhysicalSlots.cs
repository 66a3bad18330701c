using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Keeps the physical slots for the other nodes: at every look of <see cref="NodeUpkeep"/>, and at once where a step makes the node a primary.
/// What fails is logged and shown in the node's facts; it never fails a step.
/// </summary>
internal sealed partial class PhysicalSlots(
    AgentOptions options, DataDirectory data, LocalSql sql, SlotProblem problem, Lazy<ClusterObserver> cluster, ILogger<PhysicalSlots> log)
{
    private const string InUse = PostgresErrorCodes.ObjectInUse, Exists = PostgresErrorCodes.DuplicateObject, Missing = PostgresErrorCodes.UndefinedObject;

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, bool> _givenUp = new();

    /// <summary>Does what the rules say, over all nodes.</summary>
    internal Task LookAsync(ClusterView view, CancellationToken cancel)
    {
        var changes = PhysicalSlotRules.For(options.Node, view, Wishes);
        if (changes.Count == 0 && view[options.Node].Sql is not null)
            Note(null);
        return ApplyAsync(changes, cancel);
    }

    /// <summary>Makes the slots that are missing, now; what came of it, for a step's evidence.</summary>
    internal async Task<string> EnsureAsync(CancellationToken cancel)
    {
        var own = await cluster.Value[options.Node].ObserveAsync(fresh: true, cancel);
        await ApplyAsync(PhysicalSlotRules.For(options.Node, new ClusterView([own]), Wishes).Where(c => c is CreateSlot).ToArray(), cancel);
        return problem.Text is { } text ? $"; slots for the other nodes: {text}" : "";
    }

    private SlotWishes Wishes => new(options.Nodes.Where(n => n.Name != options.Node).ToDictionary(n => n.Name, n => SlotName.Of(n.Name)),
        options.Postgres.SlotKeepBytes, _givenUp.Keys.ToHashSet());

    private async Task ApplyAsync(IReadOnlyList<SlotChange> changes, CancellationToken cancel)
    {
        if (changes.Count == 0 || PostmasterPid.ReadReady(data.Root) is not { } server)
            return;
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(Within);
        try
        {
            await using var connection = await sql.OpenAsync(server, bounded.Token);
            var problems = new List<string>();
            foreach (var change in changes)
                if (await ApplyAsync(connection, change, bounded.Token) is { } failed)
                    problems.Add(failed);
            Note(problems.Count == 0 ? null : string.Join("; ", problems.Distinct()));
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            LogNotAsked(e.Message); // a server that ends, or hands over, at this moment: the next look finds out
        }
    }

    /// <summary>Null when it is done, or not needed any more.</summary>
    private async Task<string?> ApplyAsync(NpgsqlConnection connection, SlotChange change, CancellationToken cancel)
    {
        try
        {
            await LocalSql.ScalarAsync(connection, change switch
            {
                CreateSlot => $"SELECT pg_create_physical_replication_slot('{change.Slot}', true)::text",
                AdvanceSlot s => $"SELECT pg_replication_slot_advance('{change.Slot}', '{s.To}')::text",
                _ => $"SELECT pg_drop_replication_slot('{change.Slot}')::text",
            }, cancel);
        }
        catch (PostgresException e) when (e.SqlState is not ("57P01" or "57P02" or "57P03"))
        {
            return e.SqlState is InUse or Exists or Missing ? null : $"{change.Slot}: {e.MessageText}";
        }
        if (change is CreateSlot)
            _givenUp.TryRemove(change.Slot, out _);
        if (change is DropSlot dropped)
        {
            if (dropped.GivenUp)
                _givenUp[dropped.Slot] = true;
            LogDropped(dropped.Slot, dropped.Why);
        }
        return null;
    }

    private void Note(string? text)
    {
        if (text is not null && text != problem.Text)
            LogProblem(text);
        problem.Text = text;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "replication slot {Slot} was dropped: {Why}")]
    private partial void LogDropped(string slot, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "slots for the other nodes cannot be kept: {Problem}; nodes that are away may need a new copy")]
    private partial void LogProblem(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "slots for the other nodes were not looked after this time: {Why}")]
    private partial void LogNotAsked(string why);
}
