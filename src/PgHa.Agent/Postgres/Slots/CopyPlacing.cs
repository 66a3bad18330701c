using System.Globalization;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Slots;

namespace PgHa.Agent.Postgres;

/// <summary>Gives this stopped node the logical slots of another by their state files, each one verified before it is placed.</summary>
internal sealed class CopyPlacing(AgentOptions options, DataDirectory data, SlotReading reading, SlotFiles files, DecodingFiles decoding, LogicalCopyNotes copies, PostgresBinaries binaries)
{
    /// <summary>A change of roles waits no longer for files of another node.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Places what the rules say. That a slot cannot be carried is told, and stops nothing: its consumers are better off with the others'
    /// data served than with none.
    /// </summary>
    /// <param name="source">The node whose slots they are.</param>
    /// <param name="asPrimary">The next start is as primary.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async Task<SlotOutcome> RunAsync(ISlotSource source, bool asPrimary, CancellationToken cancel)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(Within);
        try
        {
            return await PlaceAsync(source, asPrimary, bounded.Token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new([], [$"the logical slots of {source.Name} could not all be placed: {e.Message}"]);
        }
    }

    private async Task<SlotOutcome> PlaceAsync(ISlotSource source, bool asPrimary, CancellationToken cancel)
    {
        var theirs = await source.ReportAsync(cancel);
        if (!theirs.IsOk)
            return new([], [$"the logical slots of {source.Name} cannot be seen: {theirs.Refusal.Message}"]);
        var own = reading.FromFiles() with { End = reading.EndOfWal() };
        var verdicts = SlotRules.WhileDown(own, theirs.Value, asPrimary);
        var placing = verdicts.Where(v => v.Task == SlotTask.Place).ToArray();
        var added = placing.Count(v => own[v.Name] is null);
        var prevented = added == 0 ? null : await PreventedAsync(own.Slots.Count + added, cancel);
        // The slots' files first. What they need is still there then, because a server removes it only after it has written a newer file.
        var states = new Dictionary<string, Answer<SlotFile>>();
        foreach (var verdict in placing)
            states[verdict.Name] = await ReadAsync(verdict.Name, source, theirs.Value[verdict.Name]!, own, cancel);
        Lsn[] needed = [.. states.Values.Where(s => s.IsOk).Select(s => s.Value!.State.RestartLsn)];
        var beside = needed.Length == 0 ? null : await AddBesideAsync(source, needed.Min(), cancel);
        var placed = placing.Select(v => (v.Name, v.Why, No: (own[v.Name] is null ? prevented ?? beside : beside) ?? states[v.Name].Refusal?.Message ?? Place(v.Name, states[v.Name].Value!, source))).ToArray();
        return new(
            [.. verdicts.Where(v => v is { Task: SlotTask.Nothing, NotCarried: null }).Concat(placing.Where(v => placed.Any(p => p.Name == v.Name && p.No is null))).Select(v => $"{v.Name}: {v.Why}")],
            [.. verdicts.Where(v => v.NotCarried is not null).Select(v => Left(v.Name, v.NotCarried!)), .. placed.Where(p => p.No is not null).Select(p => Left(p.Name, p.No!))]);
    }

    /// <summary>Null, or why it is not there. Noted first, because a slot that is noted and missing is forgotten, but one that exists and is not noted is never touched again.</summary>
    private string? Place(string slot, SlotFile file, ISlotSource source)
    {
        try
        {
            copies.Note(slot, new(source.Name, Level: true));
            files.Place(slot, file.Bytes);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>What decoding needs beside the slots; null, or why that could not be had.</summary>
    private async Task<string?> AddBesideAsync(ISlotSource source, Lsn from, CancellationToken cancel)
    {
        var beside = await source.DecodingFilesAsync(from, cancel);
        if (!beside.IsOk)
            return beside.Refusal.Message;
        if (beside.Value.Select(DecodingFiles.Refuse).FirstOrDefault(r => r is not null) is { } wrong)
            return $"{wrong} on {source.Name}";
        foreach (var file in beside.Value)
            decoding.Add(file);
        return null;
    }

    /// <summary>The state file, held against all that its placing and the next start rely on.</summary>
    private async Task<Answer<SlotFile>> ReadAsync(string name, ISlotSource source, SlotFacts slot, SlotsReport own, CancellationToken cancel)
    {
        var bytes = await source.FileAsync(name, cancel);
        if (!bytes.IsOk)
            return bytes.Refusal;
        var state = SlotFiles.Verify(bytes.Value, name, own.Major);
        if (!state.IsOk)
            return Unfit($"its state file on {source.Name} is damaged: {state.Error}");
        var facts = SlotFiles.Facts(state.Value);
        if (!SlotRules.IsCarried(facts) || facts.Invalid is not null || facts.Plugin != slot.Plugin || facts.DatabaseOid != slot.DatabaseOid)
            return Unfit($"its state file on {source.Name} is of another slot");
        if (facts.RestartLsn is not { } needed || needed < own.OldestWal)
            return Unfit($"it needs WAL from {facts.RestartLsn} on, and {options.Node} holds none before {own.OldestWal}");
        return data.FoldersOf($"{facts.DatabaseOid}").Any()
            ? new SlotFile(bytes.Value, state.Value)
            : Unfit($"{options.Node} does not have its database {facts.DatabaseOid} yet");
    }

    private static Refusal Unfit(string why) => new(Code.WrongState, why, "see GET slots/all");

    private sealed record SlotFile(byte[] Bytes, SlotState State);

    /// <summary>What would end the next start (fact 37), or null.</summary>
    private async Task<string?> PreventedAsync(int count, CancellationToken cancel)
    {
        var settings = await Task.WhenAll(binaries.SettingAsync("wal_level", cancel), binaries.SettingAsync("max_replication_slots", cancel));
        if (settings.FirstOrDefault(s => !s.IsOk).Refusal is { } failed)
            return failed.Message;
        if (settings[0].Value != "logical")
            return $"wal_level is {settings[0].Value} on {options.Node}: it would not start with a logical slot";
        return int.Parse(settings[1].Value!, CultureInfo.InvariantCulture) < count
            ? $"max_replication_slots is {settings[1].Value} on {options.Node}: it would not start with {count}"
            : null;
    }

    internal static string Late(string slot) => Left(slot, "its copy was made later than its consumer stands, and is dropped");

    internal static string Left(string slot, string why) => $"slot {slot} is not carried: {why}";
}

/// <summary>What came of carrying slots.</summary>
/// <param name="Done">What was done, or was right already, slot by slot.</param>
/// <param name="Left">Slots that are not carried, with the reason.</param>
internal sealed record SlotOutcome(IReadOnlyList<string> Done, IReadOnlyList<string> Left)
{
    internal string Words => Done.Count == 0 ? "no slot was carried" : string.Join("; ", Done);

    internal StepResult Result => StepResult.Done(Left.Count == 0 ? Words : $"{Words}; {string.Join("; ", Left)}") with { NotCarried = Left };
}
