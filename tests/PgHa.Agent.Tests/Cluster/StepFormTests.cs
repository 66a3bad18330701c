using PgHa.Agent.Cluster;

namespace PgHa.Agent.Tests.Cluster;

[Trait("Category", "Fast")]
public sealed class StepFormTests
{
    private static readonly Type[] Kinds = [.. typeof(Step).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Step)) && !t.IsAbstract)];

    public static TheoryData<string> Names => [.. Kinds.Select(t => t.Name)];

    /// <summary>Each option with a value, with and without those that may be left out.</summary>
    private static IEnumerable<(StepForm Form, Dictionary<string, string> Options)> Calls()
    {
        foreach (var form in StepForm.All)
        {
            var all = form.Options.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(o => (May: o[0] == '[', Parts: o.Trim('[', ']').Split('='))).ToArray();
            yield return (form, all.ToDictionary(o => o.Parts[0], o => Value(o.Parts[1])));
            yield return (form, all.Where(o => !o.May).ToDictionary(o => o.Parts[0], o => Value(o.Parts[1])));
        }
    }

    private static string Value(string form) => form switch
    {
        "NODE" => "n2",
        "NODES" => "n2,n3",
        "SETTINGS" => "max_connections='200', work_mem",
        "SETTING" => "FIRST 1 (n2)",
        _ => form,
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_kind_of_step_is_registered_once(string kind) =>
        Assert.Single(StepForm.All, form => form.Make("n1", new(name => Calls().First(c => c.Form == form).Options.GetValueOrDefault(name))).GetType().Name == kind);

    [Fact]
    public void A_call_makes_its_step_and_the_step_names_its_call()
    {
        foreach (var (form, options) in Calls())
        {
            var step = StepPath.Parse("n1", form.Verb, options.GetValueOrDefault);
            Assert.Equal(form.Make("n1", new(options.GetValueOrDefault)).GetType(), step?.GetType());
            Assert.Null(StepPath.Strange(step!, options));
            var path = step!.Path.Split('?');
            var named = path.Length == 1 ? [] : path[1].Split('&').Select(o => o.Split('=')).ToDictionary(o => o[0], o => Uri.UnescapeDataString(o[1]));
            Assert.Equal(form.Verb, path[0]);
            Assert.Equal(options, named);
        }
    }

    /// <summary>An operation that got no further says that nothing was changed, and is not taken up when it is old.</summary>
    [Fact]
    public void Of_the_steps_that_act_only_these_leave_nothing_to_undo() => Assert.Equal(
        [nameof(BringLevel), nameof(LevelSlots), nameof(ReloadSettings), nameof(SalvageWal), nameof(WriteCheckpoint)],
        Calls().Select(c => c.Form.Make("n1", new(c.Options.GetValueOrDefault))).Where(s => !s.Checks && s.Reach == Reach.Untouched).Select(s => s.GetType().Name).Distinct().Order());

    [Theory]
    [InlineData("start", ""), InlineData("start", "as=slave"), InlineData("follow", ""), InlineData("stop", "as=primary"), InlineData("toto", ""), InlineData("start", "as=standby")]
    public void What_is_no_step_is_none(string verb, string query) => Assert.Null(StepPath.Parse("n1", verb,
        query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(o => o.Split('=')).ToDictionary(o => o[0], o => o[1]).GetValueOrDefault));
}
