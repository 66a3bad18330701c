namespace PgHa.Agent.Postgres;

/// <summary>The hands on the instance, one for each kind of thing that can be done to it.</summary>
internal sealed record InstanceActions(
    ServerStart Start,
    ServerStop Stop,
    Promotion Promotion,
    BecomingPrimary Primary,
    Demotion Demotion,
    WritableProof Proof,
    UpstreamSetting Upstream,
    UpstreamCheck Check,
    WalCompletion Completion,
    WalBringing Bringing,
    GhostHistories Ghosts,
    ArchiveTrial Archive,
    WalReplay Replay,
    DataSteps Data,
    RejoinSteps Rejoin,
    HandoverSteps Handover,
    SyncSetting Sync,
    SlotSteps Slots,
    LocalSql Sql);
