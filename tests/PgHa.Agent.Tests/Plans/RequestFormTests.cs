using System.Text.Json;
using PgHa.Agent.Plans;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>What the journal keeps of a request is the whole request.</summary>
[Trait("Category", "Fast")]
public class RequestFormTests
{
    private static readonly ChangeRequest[] All =
    [
        new StartNode("n1"), new StartPrimary("n1"), new StartStandby("n1"), new StartAll("n1"),
        new StartStandby("n1", RejoinForm.Rewind), new StartStandby("n1", RejoinForm.Reclone), new InitData("n1"), new CloneData("n1"), new CloneData("n1", "n2"),
        new Failover("n1", FailoverForm.Restart), new Failover("n1", FailoverForm.Promote, "n2"),
        new Switchover("n1", StopOrder.PrimaryFirst), new Switchover("n1", StopOrder.StandbysFirst, "n2"),
        new Switchover("n1", StopOrder.PrimaryFirst, "n2") { By = SwitchoverForm.Promote },
        new Switchover("n1", StopOrder.PrimaryFirst) { By = SwitchoverForm.Promote, AcceptUnlogged = true },
        new UndoDemotion("n1", ["n2", "n3"], Starts: true), new UndoDemotion("n1", ["n2"], Starts: false), new UndoDemotion("n1", [], Starts: false, "n3"),
        new ChangeSettings("n1", "max_connections='200', work_mem"), new ChangeSettings("n1", "work_mem='64MB'", Restarts: true),
        new RestartForSlots("n1"), new RestartNode("n1"), new Reload("n1"), new Reload("n1", All: true), new StopNode("n1"), new StopNode("n1", WithMachine: true), new StopPrimary("n1"), new StopStandbys("n1"),
        new StopAll("n1", StopOrder.PrimaryFirst), new StopAll("n1", StopOrder.StandbysFirst),
    ];

    [Fact]
    public void Every_kind_of_request_is_known() => Assert.Equal(
        typeof(ChangeRequest).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ChangeRequest)) && !t.IsAbstract).Select(t => t.Name).Order(),
        All.Select(r => r.GetType().Name).Distinct().Order());

    [Fact]
    public void Every_request_is_read_back_as_it_was()
    {
        foreach (var request in All.SelectMany(r => new[] { r.Under(Mandate.None), r.Under(new() { Force = true, Answered = ["n3"] }), r.Under(new() { Resumed = true }) }))
        {
            var json = JsonSerializer.Serialize(new OperationReport
            {
                Id = "a",
                Steps = [],
                Goal = "g",
                Coordinator = "n1",
                State = OperationState.Running,
                Started = default,
                Request = RequestForm.Write(request),
            }, WireJson.Default.OperationReport);
            var back = RequestForm.Read(JsonSerializer.Deserialize(json, WireJson.Default.OperationReport)!.Request);
            Assert.NotNull(back);
            Assert.Equal(Flat(request), Flat(back));
            Assert.Equal((request.Request as UndoDemotion)?.Demoted, (back.Request as UndoDemotion)?.Demoted);
            Assert.Equal(request.Mandate.Answered, back.Mandate.Answered);
        }
    }

    /// <summary>Lists are compared by themselves.</summary>
    private static MandatedRequest Flat(MandatedRequest asked) =>
        new(asked.Request is UndoDemotion undo ? undo with { Demoted = [] } : asked.Request, asked.Mandate with { Answered = [] });

    [Fact]
    public void A_request_of_a_later_version_is_not_guessed() =>
        Assert.Null(RequestForm.Read(new() { Verb = "teleport", Node = "n1" }));
}
