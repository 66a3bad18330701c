using System.Globalization;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Facts 5 to 7: what keeps a node from running in recovery, and what strands it there.</summary>
[Trait("Category", "Fast")]
public class RecoverySettingsTests
{
    private const int Usual = 50;

    private static readonly RecoverySettings Fitting = new(
        "n1",
        RecoverySettings.Limits.ToDictionary(n => n, _ => Usual.ToString(CultureInfo.InvariantCulture))
            .Concat(RecoverySettings.Targets.ToDictionary(n => n, _ => ""))
            .Append(new(RecoverySettings.Timeline, "latest")).ToDictionary(),
        Limits(Usual))
    {
        Upstream = "n2",
        UpstreamLimits = Limits(Usual),
    };

    public static TheoryData<string> EachLimit => [.. RecoverySettings.Limits];

    public static TheoryData<string> EachTarget => [.. RecoverySettings.Targets];

    private static Dictionary<string, int> Limits(int value) => RecoverySettings.Limits.ToDictionary(n => n, _ => value);

    private static RecoverySettings With(string name, string value) =>
        Fitting with { NextStart = new Dictionary<string, string>(Fitting.NextStart) { [name] = value } };

    private static void Refuses(RecoverySettings settings, params string[] named)
    {
        var refusal = Assert.IsType<Refusal>(settings.Refuse());
        Assert.Equal(Code.WrongState, refusal.Code);
        Assert.All(named, word => Assert.Contains(word, $"{refusal.Message} {refusal.Hint}", StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_that_fit_are_no_obstacle() => Assert.Null(Fitting.Refuse());

    [Theory, MemberData(nameof(EachLimit))]
    public void A_limit_below_that_in_the_own_control_file_is_refused_with_both_values(string name) =>
        Refuses(With(name, "49") with { UpstreamLimits = Limits(10) }, $"{name} is 49", "50 in its control file", $"set {name} to at least 50 on n1");

    [Theory, MemberData(nameof(EachLimit))]
    public void A_limit_below_the_primarys_is_refused_with_both_values(string name) =>
        Refuses(Fitting with { UpstreamLimits = new Dictionary<string, int>(Limits(Usual)) { [name] = 60 } },
            $"{name} is 50", "60 on n2", $"set {name} to at least 60 on n1");

    [Theory, MemberData(nameof(EachLimit))]
    public void Without_an_upstream_the_own_control_file_decides(string name)
    {
        var alone = Fitting with { Upstream = null, UpstreamLimits = new Dictionary<string, int>() };
        Assert.Null(alone.Refuse());
        Refuses(alone with { Control = new Dictionary<string, int>(Limits(Usual)) { [name] = 51 } }, name, "51");
    }

    [Theory, MemberData(nameof(EachLimit))]
    public void A_higher_limit_is_no_obstacle(string name) => Assert.Null(With(name, "500").Refuse());

    [Theory, MemberData(nameof(EachTarget))]
    public void A_leftover_recovery_target_is_refused(string name) => Refuses(With(name, "0/3000000"), $"{name} is '0/3000000'", $"ALTER SYSTEM RESET {name}");

    [Theory]
    [InlineData("current"), InlineData("3")]
    public void Another_timeline_than_the_latest_is_refused(string timeline) => Refuses(With(RecoverySettings.Timeline, timeline), timeline, "'latest'");

    [Fact]
    public void A_conninfo_on_the_command_line_only_matters_to_a_node_that_is_to_follow()
    {
        Refuses(Fitting with { ConninfoOnCommandLine = true }, "primary_conninfo", "n2");
        Assert.Null((Fitting with { ConninfoOnCommandLine = true, Upstream = null }).Refuse());
    }
}
