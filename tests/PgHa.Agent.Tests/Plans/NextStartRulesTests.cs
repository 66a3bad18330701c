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

    private static NextStart Node(string name, params (string Name, string Value)[] changed)
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

    private static Decision Judge(Plan plan, params NextStart[] changed) => NextStartRules.Judge(plan, new[] { "n1", "n2", "n3" }
        .ToDictionary(n => n, n => (Answer<NextStart>)(changed.FirstOrDefault(c => c.Node == n) ?? Node(n))), WalView.None);

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
        Assert.Contains(Assert.IsType<Plan>(Judge(ByPromotion, Node("n2", (name, "60")))).Evidence, e => e.Contains($"{name} is 60", StringComparison.Ordinal));

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

    [Fact]
    public void A_port_that_does_not_change_is_reached_by_other_means() =>
        Assert.IsType<Plan>(Judge(ByRestart, Node("n2") with { Port = 6432 }));

    /// <summary>Behind published ports it has always been so.</summary>
    [Fact]
    public void A_stopped_server_with_another_port_than_its_address_is_named_and_started()
    {
        var stopped = Node("n2", ("port", "5433")) with { Running = new Dictionary<string, string>() };
        Assert.Contains(Assert.IsType<Plan>(Judge(ByRestart, stopped)).Evidence, e => e.Contains("port is 5433 at the next start of n2: clients and the other nodes look for it at db:5432", StringComparison.Ordinal));
        Assert.Contains(Assert.IsType<Plan>(Judge(ByRestart, stopped with { Listens = false })).Evidence, e => e.Contains("listen_addresses", StringComparison.Ordinal));
        Refuses(Judge(ByRestart, stopped with { Runs = true }), "port is 5433"); // it runs, and does not say on which port
    }
}
