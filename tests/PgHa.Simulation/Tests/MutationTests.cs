namespace PgHa.Simulation;

/// <summary>The simulator bites: each deliberate fault in a rule is found by its schedules, and they find nothing without it.</summary>
[Trait("Category", "Long")]
[Trait("Category", "Mutations")]
public sealed class MutationTests(FaultyRules rules, ITestOutputHelper output) : IClassFixture<FaultyRules>
{
    public static TheoryData<string> Names => [.. Mutation.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_deliberate_fault_is_found(string name)
    {
        var fault = Mutation.All.Single(m => m.Name == name);
        var (seed, words) = await rules.PlayAsync(fault, fault.First, fault.Count);
        output.WriteLine(words);
        Assert.True(seed is not null, $"{fault.Count} schedules from seed {fault.First} on do not find that {name}: {words}");
        TestContext.Current.SendDiagnosticMessage($"{name}: seed {seed}");
        Assert.Null((fault.IsUnattended ? Schedule.OfAutomatic(seed.Value) : Schedule.Of(seed.Value)).Play().Finding);
    }

    /// <summary>What is found is found because of a fault, not because of how they are built.</summary>
    [Fact]
    public async Task Without_a_fault_nothing_is_found()
    {
        Assert.True(Mutation.All.Count >= 16);
        var (seed, words) = await rules.PlayAsync(null, 1, 300);
        Assert.True(seed is null, words);
    }
}
