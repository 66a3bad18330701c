using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Files;
using PgHa.Agent.Steps;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>The real server: one class for each kind of thing that is done to it.</summary>
internal sealed class ServerHands(
    DataDirectory data, ServerStart start, ServerStop stop, KnownServer known, UpstreamSetting upstream, Promotion promotion, PromotionMark mark, StandbyLevel level, WalReceiver receiver,
    ArchiveTrial archive, ReservedTimelines timelines, HandoverEnd end,
    WalTailWriting tail, SettingsReload settings, SettingsWriting writing, LocalSql sql) : IServerHands
{
    public Task<Refusal?> StartAsync(CancellationToken cancel) => start.RunAsync(cancel);

    public async Task<StepResult> StopAsync(bool untilShutDown, bool onPurpose, CancellationToken cancel)
    {
        var stopped = await stop.RunAsync(untilShutDown, cancel);
        if (stopped.Failure is null && onPurpose)
            known.NoteStopped();
        return stopped;
    }

    public async Task<bool> ChildrenEndAsync(CancellationToken cancel) => await start.AwaitEndOfChildrenAsync(cancel) is null;

    public async Task<StepResult> CheckpointAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return StepResult.Failed(Code.WrongState, "the server does not run", "start it first");
        await using var connection = await sql.OpenAsync(server, cancel);
        await using var command = new NpgsqlCommand("CHECKPOINT", connection);
        await command.ExecuteNonQueryAsync(cancel);
        return StepResult.Done("checkpoint written");
    }

    public Task<StepResult> ReloadAsync(CancellationToken cancel) => settings.RunAsync(cancel);

    public Task<StepResult> SetAsync(IReadOnlyList<SettingChange> changes, CancellationToken cancel) => writing.RunAsync(changes, cancel);

    public void WriteStandbySignal() => DurableFile.Touch(data.StandbySignal);

    public void RemoveStandbySignal() => DurableFile.Remove(data.StandbySignal);

    public Task<Answer<string>> PointAsync(string node, CancellationToken cancel) => upstream.WriteAsync(node, cancel);

    public Task<StepResult> PointByReloadAsync(string node, CancellationToken cancel) => upstream.ReloadAsync(node, cancel);

    public Task<StepResult> PromoteAsync(CancellationToken cancel) => promotion.RunAsync(cancel);

    public string? ProblemOfPromotion() => mark.Problem();

    public async Task<Answer<string>> BringLevelAsync(NodeObservation source, CancellationToken cancel)
    {
        var flushed = source.Sql?.Flush ?? Lsn.Zero;
        return await level.RunAsync(flushed, cancel) is { } behind ? behind : await archive.RunAsync(source.Sql?.Timeline ?? new TimelineId(1), flushed, cancel);
    }

    public Task<Answer<string>> AskArchiveAsync(CancellationToken cancel) => archive.BeforeFailoverAsync(cancel);

    public Task<TimelineId> NextTimelineAsync(TimelineId own, bool asksArchive, CancellationToken cancel) => timelines.NextAsync(own, asksArchive, cancel);

    public Task PassOverAsync(TimelineId from, TimelineId to, bool asksArchive, CancellationToken cancel) => timelines.PassOverAsync(from, to, asksArchive, cancel);

    public Task<StepResult> HandOverAsync(bool acceptUnlogged, Func<Task<Refusal?>> refuse, CancellationToken cancel) => end.EndAsync(acceptUnlogged, refuse, cancel);

    public async Task<ITakeOver?> OpenAsync(CancellationToken cancel) =>
        PostmasterPid.ReadReady(data.Root) is { } server ? new TakingOver(server, await sql.OpenAsync(server, cancel), receiver, tail, promotion) : null;

    /// <summary>Over one session, because all writers wait.</summary>
    private sealed class TakingOver(PostmasterPid server, NpgsqlConnection session, WalReceiver receiver, WalTailWriting tail, Promotion promotion) : ITakeOver
    {
        public Task<Refusal?> EndReceiverAsync(CancellationToken cancel) => receiver.NoneStreamsAsync(session, cancel);

        public Task<Answer<string>> GiveTailAsync(WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel) => tail.RunAsync(own, theirs, source, session, cancel);

        public Task<StepResult> PromoteAsync(CancellationToken cancel) => promotion.RunAsync(server, session, cancel);

        public ValueTask DisposeAsync() => session.DisposeAsync();
    }
}
