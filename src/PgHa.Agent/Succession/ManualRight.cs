using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Agent.Steps;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Succession;

/// <summary>In manual mode nobody keeps the right to write. What this node promised in automatic mode, before its agent was restarted, holds until it lapses.</summary>
internal sealed class ManualRight(AgentOptions options, OwnPromise promise) : IWriteRight
{
    private readonly UnkeptRight _unkept = new();

    public bool IsHeld => _unkept.IsHeld;

    /// <inheritdoc />
    public bool Reserves => _unkept.Reserves;

    public Task<Refusal?> TakeAsync(bool patiently, CancellationToken cancel) =>
        promise.Standing is { } standing ? Task.FromResult<Refusal?>(Tenure.Promised(options.Node, standing.To, promise.Left)) : _unkept.TakeAsync(patiently, cancel);

    public Task<Answer<TimelineId>> ReserveAsync(TimelineId least, CancellationToken cancel) => _unkept.ReserveAsync(least, cancel);

    public Task<Refusal?> ConfirmAsync(CancellationToken cancel) => _unkept.ConfirmAsync(cancel);

    public Task GiveUpAsync(Action makeStandby, CancellationToken cancel) => _unkept.GiveUpAsync(makeStandby, cancel);

    public Task SettledAsync(CancellationToken cancel) => _unkept.SettledAsync(cancel);
}
