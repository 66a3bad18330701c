using System.Text.RegularExpressions;

namespace PgHa.Agent.Tests;

/// <summary>
/// Habits that the compiler does not hold, read from the sources of src. The exempts are listed by file, with how often and why. A list can only
/// shrink: an entry that is not needed any more, or needed less often, is an error, too.
/// </summary>
[Trait("Category", "Fast")]
public partial class TidyTests
{
    private const int Longest = 220;

    private const string Blocking = "it reads many bytes of WAL or many files, which blocks: not on the thread that answers";
    private const string Background = "nobody waits for it";
    private const string Id = "an id that must be another one in every process";
    private const string Linked = "it bounds a token of the caller's: the runtime has no linked source with a TimeProvider";

    private static readonly Dictionary<string, Exempt[]> Exempted = new()
    {
        ["Task.Run"] =
        [
            new("PgHa.Agent/AgentHost.cs", 1, Background),
            new("PgHa.Agent/Api/V1/WalFileEndpoints.cs", 1, Blocking),
            new("PgHa.Agent/Postgres/Wal/ArchiveWal.cs", 1, Blocking),
            new("PgHa.Agent/Postgres/LocalNode.cs", 3, Blocking),
            new("PgHa.Agent/Postgres/OneConnection.cs", 1, "closing a session may block, and has a bound"),
            new("PgHa.Agent/Postgres/Rejoin/OwnFilesReading.cs", 1, Blocking),
            new("PgHa.Agent/Postgres/Rejoin/RewindCheck.cs", 1, Blocking),
            new("PgHa.Agent/Postgres/Rejoin/Salvage.cs", 1, Blocking),
            new("PgHa.Agent/Postgres/SharedObservation.cs", 1, "one observation serves many callers, so it is none of theirs"),
            new("PgHa.Agent/Postgres/Settings/UpstreamNames.cs", 1, "names are looked up beside, and the look has a bound"),
            new("PgHa.Agent/Postgres/Wal/WalEnds.cs", 1, Blocking),
            new("PgHa/Terminal/Question.cs", 1, "a person who is asked may never answer"),
        ],
        ["Guid.NewGuid"] =
        [
            new("PgHa.Agent/Api/V1/WalUploads.cs", 1, Id),
            new("PgHa.Agent/Api/V2/NodeEndpoints.cs", 1, Id),
            new("PgHa.Agent/Operations/OperationServices.cs", 1, "the one source of names that a simulator supplies itself"),
            new("PgHa.Agent/Postgres/Rejoin/RewindMarker.cs", 1, Id),
            new("PgHa.Agent/Postgres/Slots/CopyRefresh.cs", 1, Id),
            new("PgHa.Agent/Postgres/Wal/WalStaging.cs", 1, "a name that no other staged file has"),
            new("PgHa/Changes/ChangeRun.cs", 1, "the key of a call"),
            new("PgHa/Commands/OperationCommands.cs", 1, "the key of a call"),
            new("PgHa/Commands/PeerChecks.cs", 1, Id),
        ],
        ["Random"] =
        [
            new("PgHa.Agent/Postgres/DataDirectory.cs", 1, "a time of a file that differs from every one before"),
            new("PgHa.Agent/Security/NamedTokens.cs", 1, "a token"),
        ],
        ["CancelAfter"] =
        [
            new("PgHa.Client/Calls/AgentConnection.cs", 1, Linked),
            new("PgHa.Client/Calls/AgentCalls.cs", 3, Linked),
            new("PgHa.Agent/Postgres/Bootstrap/CloneCheck.cs", 1, Linked),
            new("PgHa.Agent/Postgres/Bootstrap/ListenPlace.cs", 2, Linked),
            new("PgHa.Agent/Postgres/Settings/NextStartReading.cs", 1, Linked),
            new("PgHa.Agent/Upkeep/NodeUpkeep.cs", 1, Linked),
            new("PgHa.Agent/Postgres/Slots/PhysicalSlots.cs", 1, Linked),
            new("PgHa.Agent/Postgres/Rejoin/RelationNames.cs", 1, Linked),
            new("PgHa.Agent/Postgres/Rejoin/RewindCheck.cs", 1, Linked),
            new("PgHa.Agent/Postgres/Bootstrap/RoleCheck.cs", 1, Linked),
            new("PgHa.Agent/Postgres/Process/ServerStop.cs", 1, Linked),
            new("PgHa.Agent/Postgres/Slots/CopyChanges.cs", 1, Linked),
            new("PgHa.Agent/Postgres/Slots/CopyPlacing.cs", 1, Linked),
            new("PgHa.Agent/Postgres/Slots/SlotReading.cs", 1, Linked),
            new("PgHa.Agent/Postgres/Slots/SlotHands.cs", 1, Linked),
            new("PgHa.Agent/Postgres/Process/ToolRun.cs", 2, Linked),
            new("PgHa.Agent/Postgres/Settings/UpstreamCheck.cs", 1, Linked),
            new("PgHa.Agent/Postgres/Slots/UpstreamSlot.cs", 1, Linked),
        ],
        ["WaitAsync"] = [],
        ["Clock"] =
        [
            new("PgHa.Agent/AgentHost.cs", 1, "here the clock is chosen"),
            new("PgHa.Agent/AgentLog.cs", 1, "the log begins before the services"),
            new("PgHa/Access/AgentAccess.cs", 1, "the clock of the operator's commands"),
            new("PgHa/Commands/ConfigCommand.cs", 1, "a command of its own chooses its clock"),
            new("PgHa/Commands/TokenCommand.cs", 1, "a command of its own chooses its clock"),
            new("PgHa/Commands/EtcdCommand.cs", 1, "a command of its own chooses its clock"),
            new("PgHa/Commands/GuardCommand.cs", 1, "a command of its own chooses its clock"),
            new("PgHa/Commands/HandoverCommand.cs", 1, "a command of its own chooses its clock"),
            new("PgHa/Commands/PeerChecks.cs", 3, "a command of its own chooses its clock"),
            new("PgHa/Inspect/WalEndCommand.cs", 1, "a command of its own chooses its clock"),
        ],
        ["Longest"] = [],
        ["Words"] =
        [
            new("PgHa.Agent/Cluster/Step.cs", 1, "single segments: no state"),
            new("PgHa.Agent/Api/Health/HealthRules.cs", 1, "a path that load balancers ask"),
            new("PgHa.Agent/Configuration/NodeRules.cs", 2, "names that no node may have, because they are words of the specification's routes"),
        ],
    };

    [Fact]
    public void Work_runs_on_a_thread_of_its_own_only_where_it_is_listed() => Holds("Task.Run", TaskRun());

    [Fact]
    public void New_ids_are_made_only_where_they_are_listed() => Holds("Guid.NewGuid", NewGuid());

    [Fact]
    public void Chance_decides_only_where_it_is_listed() => Holds("Random", AnyRandom());

    [Fact]
    public void Waits_are_bounded_by_a_time_provider() => Holds("WaitAsync", RealWait());

    [Fact]
    public void Real_clocks_are_asked_only_where_they_are_listed() => Holds("Clock", RealClock());

    /// <summary>One that was made with a TimeProvider in the same file goes by that.</summary>
    [Fact]
    public void Tokens_are_cancelled_by_a_time_provider() => Holds("CancelAfter", (code, file) => CancelAfter().Matches(code)
        .Count(m => !Regex.IsMatch(file, $@"\b{Regex.Escape(m.Groups[1].Value)} = new CancellationTokenSource\([^;]*\btime\)")));

    [Fact]
    public void Names_in_state_dir_stand_in_one_place() =>
        Assert.DoesNotContain(Sources.Of("src"), path => File.ReadAllText(path).Contains("Path.Combine(options.StateDir", StringComparison.Ordinal));

    [Fact]
    public void No_line_is_too_long_to_be_read() => Holds("Longest", (line, _) => line.Length > Longest ? 1 : 0, comments: true);

    /// <summary>Hints name the specification's calls as users type them; single-user mode is PostgreSQL's own word.</summary>
    [Fact]
    public void The_specifications_words_for_roles_stay_at_the_edge_of_v1() =>
        Holds("Words", (line, _) => SeedWords().Count(SeedCalls().Replace(line, "")), comments: true, except: "PgHa.Agent/Api/V1/");

    [Theory]
    [InlineData("await Task.Run(() => Read());", "Task.Run", 1)]
    [InlineData("// Task.Run( is not used", "Task.Run", 0)]
    [InlineData("bounded.CancelAfter(Within);", "CancelAfter", 1)]
    [InlineData("var bounded = new CancellationTokenSource(Within, time); bounded.CancelAfter(Later);", "CancelAfter", 0)]
    [InlineData("await made.WaitAsync(TimeSpan.FromSeconds(1), cancel);", "WaitAsync", 1)]
    [InlineData("await made.WaitAsync(Patience - time.GetElapsedTime(begun), time, cancel);", "WaitAsync", 0)]
    [InlineData("await made.WaitAsync(http.RequestAborted);", "WaitAsync", 0)]
    [InlineData("var watch = Stopwatch.StartNew(); var now = DateTime.UtcNow;", "Clock", 2)]
    [InlineData("using var bound = new CancellationTokenSource(Within);", "Clock", 1)]
    [InlineData("var any = Random.Shared.Next() + new Random().Next();", "Random", 2)]
    [InlineData("the master stays; POST instance/master; single-user; \"single\"", "Words", 2)]
    public void What_is_looked_for_is_found(string line, string rule, int times) => Assert.Equal(times, rule switch
    {
        "Task.Run" => Code(line).Sum(code => TaskRun().Count(code)),
        "CancelAfter" => Code(line).Sum(code => CancelAfter().Matches(code).Count(m => !line.Contains($"{m.Groups[1].Value} = new CancellationTokenSource(Within, time)", StringComparison.Ordinal))),
        "WaitAsync" => RealWait().Count(line),
        "Clock" => RealClock().Count(line),
        "Random" => AnyRandom().Count(line),
        _ => SeedWords().Count(SeedCalls().Replace(line, "")),
    });

    private static void Holds(string rule, Regex found) => Holds(rule, (code, _) => found.Count(code));

    private static void Holds(string rule, Func<string, string, int> count, bool comments = false, string? except = null)
    {
        var root = Path.Combine(Sources.Root, "src");
        var found = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var path in Sources.Of("src"))
        {
            var file = File.ReadAllText(path);
            var times = (comments ? file.Split('\n') : Code(file)).Sum(line => count(line, file));
            var name = Path.GetRelativePath(root, path);
            if (times > 0 && (except is null || !name.StartsWith(except, StringComparison.Ordinal)))
                found[name] = times;
        }
        var allowed = Exempted[rule].ToDictionary(e => e.File);
        foreach (var (file, times) in found)
            Assert.True(allowed.TryGetValue(file, out var exempt) && exempt.Times >= times, $"{rule}: {times} in {file}, {exempt?.Times ?? 0} allowed");
        foreach (var exempt in allowed.Values)
            Assert.True(found.GetValueOrDefault(exempt.File) == exempt.Times, $"{rule}: {exempt.File} needs {found.GetValueOrDefault(exempt.File)} of {exempt.Times}: shorten the list");
    }

    /// <summary>The lines that are no comments.</summary>
    private static IEnumerable<string> Code(string file) => file.Split('\n').Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal));

    /// <summary>A place that may.</summary>
    private sealed record Exempt(string File, int Times, string Why);

    [GeneratedRegex(@"\bTask\.Run\(")]
    private static partial Regex TaskRun();

    [GeneratedRegex(@"\bGuid\.NewGuid\b")]
    private static partial Regex NewGuid();

    [GeneratedRegex(@"\bnew Random\b|\bRandom\.Shared\b|\bRandomNumberGenerator\b")]
    private static partial Regex AnyRandom();

    [GeneratedRegex(@"\b(\w+)\.CancelAfter\(")]
    private static partial Regex CancelAfter();

    /// <summary>Whose first argument is no token, and none of the others a time provider.</summary>
    [GeneratedRegex(@"\.WaitAsync\((?!(?:cancel|bound|[\w.]*(?:Token|Aborted))\))(?!.*\btime, |.*\btime\))")]
    private static partial Regex RealWait();

    [GeneratedRegex(@"\bDateTime\.(?:Utc)?Now\b|\bDateTime\.Today\b|\bDateTimeOffset\.(?:Utc)?Now\b|\bStopwatch\b|\bEnvironment\.TickCount|\bTimeProvider\.System\b|\bTask\.Delay\([^,()]*(?:, cancel)?\)|\bnew PeriodicTimer\b|\bnew Timer\b|\bThread\.Sleep\b|\bnew CancellationTokenSource\([^,()]+(?:\([^()]*\))?\)")]
    private static partial Regex RealClock();

    [GeneratedRegex(@"(?i:\b(?:masters?|slaves?)\b)|(?<![-.])\b[Ss]ingle\b(?!-)")]
    private static partial Regex SeedWords();

    [GeneratedRegex(@"instance/\w+")]
    private static partial Regex SeedCalls();
}
