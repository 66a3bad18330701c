using System.Globalization;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>What the next start of a node would do is judged before its first stop, for each role that it will have.</summary>
[Trait("Category", "Fast")]
public class NextStartRulesTests
{
    private static readonly Dictionary<string, string> Usual = new()
    {
        ["max_connections"] = "50", ["max_prepared_transactions"] = "50", ["max_locks_per_transaction"] = "50", ["max_worker_processes"] = "50", ["max_wal_senders"] = "50",
        ["recovery_target"] = "", ["recovery_target_lsn"] = "", ["recovery_target_name"] = "", ["recovery_target_time"] = "", ["recovery_target_xid"] = "", ["recovery_target_timeline"] = "latest",
        ["hot_standby"] = "on", ["promote_trigger_file"] = "", ["wal_level"] = "replica", ["max_replication_slots"] = "10", ["archive_mode"] = "off",
        ["sync_replication_slots"] = "off", ["summarize_wal"] = "off", ["superuser_reserved_connections"] = "3", ["reserved_connections"] = "0",
        ["port"] = "5432", ["listen_addresses"] = "*",
    };

    private static readonly Plan ByRestart = new("exchange roles")
    {
        Stages = [[new StopServer("n1")], [new StopServer("n2")], [new StartAsPrimary("n2", [])], [new StartAsStandby("n1", "n2"), new Follow("n3", "n2")]],
        Undo = new StartAll("n1"),
    };

    private static readonly Plan ByPromotion = new("exchange roles")
    {
        Stages = [[new HandOver("n1", "n2", false, [])], [new TakeOver("n2", "n1", [])], [new StartAsStandby("n1", "n2")]],
        Undo = new StartAll("n1"),
    };

    public static TheoryData<string> EachLimit => [.. RecoveryRules.Limits];

    public static TheoryData<string> EachTarget => [.. RecoveryRules.Targets];

    internal static NextStart Node(string name, params (string Name, string Value)[] changed)
    {
        var settings = new Dictionary<string, string>(Usual);
        foreach (var (setting, value) in changed)
            settings[setting] = value;
        return new()
        {
            Node = name,
            Obstacles = [],
            Settings = settings,
            Running = Usual,
            Control = RecoveryRules.Limits.ToDictionary(n => n, n => int.Parse(Usual[n], CultureInfo.InvariantCulture)),
            Host = "db",
            Port = 5432,
            Listens = true,
        };
    }

    private static Decision Judge(Plan plan, params NextStart[] changed)
    {
        var verdict = NextStartRules.Judge(plan.Stages, plan.Undo, new(new([]), WalView.None)
        {
            NextStarts = new[] { "n1", "n2", "n3" }.ToDictionary(n => n, n => (Answer<NextStart>)(changed.FirstOrDefault(c => c.Node == n) ?? Node(n))),
        });
        return verdict.Refusal is { } refusal ? new Refused(refusal) : plan with { Evidence = verdict.Evidence };
    }

    private static void Refuses(Decision decision, params string[] named)
    {
        var why = Assert.IsType<Refused>(decision).Why;
        Assert.Equal(Code.WrongState, why.Code);
        Assert.All(named, word => Assert.Contains(word, $"{why.Message} {why.Hint}", StringComparison.Ordinal));
    }

    [Fact]
    public void Starts_that_will_do_are_no_obstacle()
    {
        Assert.IsType<Plan>(Judge(ByRestart));
        Assert.Empty(Assert.IsType<Plan>(Judge(ByPromotion)).Evidence);
    }

    [Theory, MemberData(nameof(EachLimit))]
    public void A_limit_that_waits_on_the_new_primary_counts_for_the_old_one(string name) =>
        Refuses(Judge(ByRestart, Node("n2", (name, "60"))), $"{name} is 50 at the next start of n1", "60 on n2", "at least 60");

    [Theory, MemberData(nameof(EachLimit))]
    public void A_limit_that_waits_on_both_fits(string name) =>
        Assert.IsType<Plan>(Judge(ByRestart with { Stages = ByRestart.Stages.Select(s => (IReadOnlyList<Step>)[.. s.Where(x => x is not Follow)]).ToArray() }, Node("n1", (name, "60")), Node("n2", (name, "60"))));

    [Theory, MemberData(nameof(EachLimit))]
    public void A_limit_below_that_in_the_own_control_file_is_refused(string name) =>
        Refuses(Judge(ByPromotion, Node("n1", (name, "49"))), $"{name} is 49", $"set {name} to at least 50");

    [Theory, MemberData(nameof(EachLimit))]
    public void A_standby_that_runs_on_with_less_than_the_new_primary_is_refused(string name) =>
        Refuses(Judge(ByRestart, Node("n1", (name, "60")), Node("n2", (name, "60"))), $"{name} is 50 on n3", "stop replaying");

    [Theory, MemberData(nameof(EachLimit))]
    public void A_target_that_is_promoted_keeps_what_it_runs_with(string name) =>
        Assert.Equal([new NextSetting("n2", name, "60") { Now = "50" }], Assert.IsType<Plan>(Judge(ByPromotion, Node("n2", (name, "60")))).Evidence);

    [Theory, MemberData(nameof(EachTarget))]
    public void A_leftover_recovery_target_is_refused(string name) => Refuses(Judge(ByPromotion, Node("n1", (name, "0/3000000"))), $"{name} is '0/3000000'", "n1");

    [Theory]
    [InlineData("n1", "hot_standby", "off")]
    [InlineData("n2", "hot_standby", "off")]
    [InlineData("n1", "recovery_target_timeline", "current")]
    [InlineData("n2", "port", "5433")]
    [InlineData("n1", "port", "5433")]
    [InlineData("n2", "wal_level", "minimal")]
    [InlineData("n2", "superuser_reserved_connections", "50")]
    public void A_setting_that_strands_a_node_in_either_role_is_refused(string node, string name, string value) =>
        Refuses(Judge(ByRestart, Node(node, (name, value))), name, node);

    [Theory]
    [InlineData("n1")]
    [InlineData("n2")]
    public void A_trigger_file_that_is_there_is_refused_on_both(string node) =>
        Refuses(Judge(ByRestart, Node(node, ("promote_trigger_file", "/go")) with { PromoteFile = "/go" }), "promote_trigger_file", "/go", node);

    [Fact]
    public void Slots_on_disk_need_room_and_their_level()
    {
        Refuses(Judge(ByPromotion, Node("n1", ("max_replication_slots", "1")) with { PhysicalSlots = ["a"], LogicalSlots = ["b"] }), "max_replication_slots", "at least 2");
        Refuses(Judge(ByPromotion, Node("n1") with { LogicalSlots = ["b"] }), "wal_level", "to logical");
    }

    [Fact]
    public void What_is_missing_or_wrong_in_the_files_is_refused_in_the_servers_words()
    {
        Refuses(Judge(ByPromotion, Node("n1") with { Error = "syntax error in file \"x\" line 3" }), "line 3", "n1");
        Refuses(Judge(ByPromotion, Node("n1") with { Obstacles = [new("shared_preload_libraries", "the library x is not there", "install x")] }), "install x");
        Refuses(Judge(ByRestart, Node("n2", ("listen_addresses", "localhost")) with { Listens = false }), "listen_addresses", "n2");
    }

    private static NextStart Without(string name, NextStart node) => node with { Settings = node.Settings.Where(s => s.Key != name).ToDictionary() };

    private static Refusal? AnyRole(NextStart node) => StartRules.RefuseAsPrimary(node, standbys: true) ?? RecoveryRules.Refuse(node, "n2", Usual);

    /// <summary>Whatever refuses a value refuses its absence: an older agent does not tell it, and another could not read it.</summary>
    [Theory]
    [InlineData("port", "5433"), InlineData("port", "none"), InlineData("listen_addresses", "localhost"), InlineData("wal_level", "minimal"), InlineData("max_replication_slots", "0")]
    [InlineData("sync_replication_slots", "on"), InlineData("superuser_reserved_connections", "50"), InlineData("reserved_connections", "50"), InlineData("max_connections", "")]
    [InlineData("max_wal_senders", "0"), InlineData("max_prepared_transactions", "1"), InlineData("max_locks_per_transaction", "1"), InlineData("max_worker_processes", "1.5")]
    [InlineData("hot_standby", "off"), InlineData("recovery_target", "immediate"), InlineData("recovery_target_lsn", "0/1"), InlineData("recovery_target_name", "a")]
    [InlineData("recovery_target_time", "now"), InlineData("recovery_target_xid", "7"), InlineData("recovery_target_timeline", "current")]
    public void A_setting_that_an_agent_does_not_tell_is_refused_like_a_wrong_one(string name, string wrong)
    {
        var listens = name == "listen_addresses" ? false : true;
        var node = Node("n1") with { PhysicalSlots = ["a"], Listens = listens };
        Assert.True(AnyRole(node) is null);
        Refuses(new Refused(AnyRole(Node("n1", (name, wrong)) with { PhysicalSlots = ["a"], Listens = listens })!), "n1");
        Refuses(new Refused(AnyRole(Without(name, node))!), $"{name} at the next start of n1 is not known", "agent of n1");
    }

    [Theory]
    [InlineData("max_wal_senders", "10"), InlineData("archive_mode", "on"), InlineData("summarize_wal", "on")]
    public void So_is_one_that_only_a_minimal_level_needs(string name, string wrong)
    {
        (string, string)[] minimal = [("wal_level", "minimal"), ("max_wal_senders", "0")];
        Assert.Null(StartRules.Refuse(Node("n1", minimal)));
        Assert.NotNull(StartRules.Refuse(Node("n1", [.. minimal, (name, wrong)])));
        Refuses(new Refused(StartRules.Refuse(Without(name, Node("n1", minimal)))!), $"{name} at the next start of n1 is not known");
    }

    [Fact]
    public void A_trigger_file_is_refused_although_its_setting_is_not_told() =>
        Refuses(new Refused(AnyRole(Without("promote_trigger_file", Node("n1") with { PromoteFile = "/go" }))!), "promote_trigger_file at the next start of n1 is not known");

    [Fact]
    public void What_is_not_told_of_a_port_is_not_named_as_another() => Assert.Empty(StartRules.Named(Without("port", Node("n1"))));

    [Theory, MemberData(nameof(EachLimit))]
    public void A_limit_that_a_running_standby_or_its_primary_does_not_tell_is_refused(string name)
    {
        var some = Usual.Where(s => s.Key != name).ToDictionary();
        Assert.Null(RecoveryRules.RefuseRunning(Node("n3"), "n2", Usual));
        Refuses(new Refused(RecoveryRules.RefuseRunning(Node("n3") with { Running = some }, "n2", Usual)!), $"{name} of n3 is not known");
        Refuses(new Refused(RecoveryRules.RefuseRunning(Node("n3"), "n2", some)!), $"{name} of n2 is not known");
        Refuses(new Refused(RecoveryRules.Refuse(Node("n3"), "n2", some)!), $"{name} of n2 is not known");
        Refuses(new Refused(RecoveryRules.RefuseRunning(Node("n3") with { Running = new Dictionary<string, string>(), Runs = true }, "n2", Usual)!), "of n3 is not known");
    }

    /// <summary>The primary is down in a failover: a standby of which nothing is known is no reason to leave it so.</summary>
    [Fact]
    public void A_standby_is_not_pointed_at_a_node_that_cannot_say_what_it_runs_with()
    {
        var unread = new Refusal(Code.PeerUnreachable, "n2 does not say", "wait");
        var facts = new PlanFacts(new([]), WalView.None) { NextStarts = new Dictionary<string, Answer<NextStart>> { ["n2"] = unread, ["n3"] = Node("n3") } };
        IReadOnlyList<IReadOnlyList<Step>> stages = [[new PromoteServer("n2", [])], [new Follow("n3", "n2")]];
        Assert.Equal(unread, NextStartRules.Judge(stages, new StartAll("n1"), facts).Refusal);
        var failover = NextStartRules.Judge(stages, null, facts);
        Assert.Null(failover.Refusal);
        Assert.Equal([new PassedOver(unread)], failover.Evidence);
    }

    [Fact]
    public void A_port_that_does_not_change_is_reached_by_other_means() =>
        Assert.IsType<Plan>(Judge(ByRestart, Node("n2") with { Port = 6432 }));

    /// <summary>Behind published ports it has always been so.</summary>
    [Fact]
    public void A_stopped_server_with_another_port_than_its_address_is_named_and_started()
    {
        var stopped = Node("n2", ("port", "5433")) with { Running = new Dictionary<string, string>() };
        Assert.Equal([new ListensElsewhere(new("n2", "port", "5433"), "db", 5432)], Assert.IsType<Plan>(Judge(ByRestart, stopped)).Evidence);
        Assert.Contains(new ListensElsewhere(new("n2", "listen_addresses", "*"), "db", 5432), Assert.IsType<Plan>(Judge(ByRestart, stopped with { Listens = false })).Evidence);
        Refuses(Judge(ByRestart, stopped with { Runs = true }), "port is 5433"); // it runs, and does not say on which port
    }
}
