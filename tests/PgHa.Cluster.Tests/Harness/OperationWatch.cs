using System.Net;
using System.Text.Json;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>One operation as its coordinator reports it, looked at often and so not noted in the transcript.</summary>
internal sealed class OperationWatch(TestNode coordinator, string id)
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    public string Id { get; } = id;

    /// <summary>Where its coordinator writes the next report before it takes the place of the last.</summary>
    public string Aside => Path.Combine(coordinator.In("state"), "operations", Id + ".json.pgha-new");

    /// <summary>Begins a change stepwise; it waits before its first step.</summary>
    public static async Task<OperationWatch> Begin(TestNode coordinator, HttpMethod method, string path)
    {
        var answer = await coordinator.Api.Send(method, path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "stepwise=true");
        Assert.True(answer.Status == (int)HttpStatusCode.Accepted && answer.Location is not null, answer.ToString());
        var watch = new OperationWatch(coordinator, answer.Location!.ToString().Split('/')[^1]);
        await watch.WaitForStep(0, "waiting");
        return watch;
    }

    /// <summary>Begins a change and lets it go on while it is looked at.</summary>
    public static async Task<OperationWatch> BeginAtOnce(TestNode coordinator, string path)
    {
        var watch = await Begin(coordinator, HttpMethod.Post, path);
        await watch.Resume("?all=true");
        return watch;
    }

    /// <summary>Waits until the agent takes nothing up any more that an earlier run had left.</summary>
    public static Task NothingOpen(TestNode node) => Wait.Until($"{node.Name} has taken up what was interrupted", async () =>
        (await Look(node, "operations")).EnumerateArray().All(report => HowOf(report).Length > 0), 60);

    public static Task<JsonElement> Look(TestNode node, string path) => Read(node, "/api/pg/v2/" + path);

    public static Task<JsonElement> LookV1(TestNode node, string path) => Read(node, "/api/pg/v1/" + path);

    private static async Task<JsonElement> Read(TestNode node, string path)
    {
        using var response = await Http.GetAsync(new Uri(node.AgentUrl, path), TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    public Task<JsonElement> Report() => Look(coordinator, $"operations/{Id}");

    public async Task Resume(string how = "")
    {
        var answer = await coordinator.Api.Post($"../v2/operations/{Id}/resume{how}");
        Assert.True(answer.Status == (int)HttpStatusCode.Accepted, answer.ToString());
    }

    /// <summary>Lets it go on where it still waits; it may have ended by itself.</summary>
    public Task TryResumeAll() => coordinator.Api.Post($"../v2/operations/{Id}/resume?all=true");

    /// <summary>Carries the first steps out and waits before the next.</summary>
    public async Task AdvanceTo(int step)
    {
        if (step == 0) return;
        await Resume($"?steps={step}");
        await WaitForStep(step, "waiting");
    }

    /// <summary>Carries out what comes before the step that says this.</summary>
    public async Task AdvanceTo(string words) => await AdvanceTo((await Report()).GetProperty("steps").EnumerateArray()
        .Index().Single(step => step.Item.GetProperty("step").GetString()!.Contains(words, StringComparison.Ordinal)).Index);

    public Task WaitForStep(int step, params string[] states) => Wait.Until($"step {step} of {Id} is {string.Join(" or ", states)}", async () =>
    {
        var report = await Report();
        Assert.True(Text(report, "state") is "running" or "waiting" || states.Contains(StateOf(report, step)), $"{WhyOf(report)} {report}");
        return states.Contains(StateOf(report, step));
    }, 30);

    /// <summary>Waits until nothing more will happen to it, and says how it ended: done, undone, or anything else, with the report.</summary>
    public async Task<(string How, string Report)> End()
    {
        var how = "";
        var text = "";
        await Wait.Until($"{Id} has ended", async () =>
        {
            var report = await Report();
            (how, text) = (HowOf(report), report.ToString());
            return how.Length > 0;
        }, 90);
        return (how, text);
    }

    private static string HowOf(JsonElement report) => (Text(report, "state"), Recovery(report)) switch
    {
        ("running" or "waiting", _) or ("interrupted", null or "waiting" or "running") => "",
        ("interrupted", "completed") => "done",
        ("interrupted", var recovery) => recovery!,
        ("failed", _) when report.GetProperty("failure").GetProperty("msg").GetString()!.EndsWith("nothing was changed", StringComparison.Ordinal) => "undone",
        (var state, _) => state,
    };

    /// <summary>Why it went no further, named before the whole report: a log may keep only a message's beginning.</summary>
    private static string WhyOf(JsonElement report) =>
        report.TryGetProperty("failure", out var failure) ? Text(failure, "msg") : Text(report, "state");

    private static string? Recovery(JsonElement report) => report.TryGetProperty("recovery", out var recovery) ? Text(recovery, "state") : null;

    private static string StateOf(JsonElement report, int step) => Text(report.GetProperty("steps")[step], "state");

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
