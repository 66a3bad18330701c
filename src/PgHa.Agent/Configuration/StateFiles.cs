namespace PgHa.Agent.Configuration;

/// <summary>All files and folders that an agent keeps in its <c>state_dir</c>. Whoever keeps something there takes its name from here, so that no two use one.</summary>
/// <param name="Root">The directory.</param>
public sealed record StateFiles(string Root)
{
    /// <summary>The journal: one file for each operation.</summary>
    public string Operations => In("operations");

    /// <summary>Which operation changed this node last.</summary>
    public string LastOperation => In("last-operation");

    /// <summary>The server that was seen last, and the boot it ran in.</summary>
    public string Server => In("server");

    /// <summary>Somebody has stopped the server on purpose.</summary>
    public string Stopped => In("stopped");

    /// <summary>The running server was told to become primary.</summary>
    public string Promoting => In("promoting");

    /// <summary>The postmaster is stopped by SIGSTOP.</summary>
    public string Paused => In("hand-over");

    /// <summary>What was seen of the record in etcd.</summary>
    public string Record => In("record.json");

    /// <summary>This node has pledged, or is about to: it follows nobody but the holder of a later epoch.</summary>
    public string Pledge => In("pledge.json");

    /// <summary>What was promised to the holder of the record while etcd did not answer.</summary>
    public string Promise => In("promise.json");

    /// <summary>How far the last holder of the record had flushed.</summary>
    public string Acknowledged => In("acknowledged.json");

    /// <summary>Who has changed what: a line of JSON each.</summary>
    public string Audit => In("audit.log");

    /// <summary>The token of this machine alone, where <c>security.local</c> is owner.</summary>
    public string LocalToken => In("local-token");

    /// <summary>Where the guard listens.</summary>
    public string Guard => In("guard");

    /// <summary><c>standby.signal</c> was taken aside for a server in single-user mode.</summary>
    public string SignalAside => In("standby-signal-aside");

    /// <summary>A rewind of the data directory did not finish.</summary>
    public string RewindUnfinished => In("rewind-unfinished");

    /// <summary>The node's own files, while a rewind writes over them.</summary>
    public string RewindFiles => In("rewind-files");

    /// <summary>What was saved before WAL was given up.</summary>
    public string Salvage => In("salvage");

    /// <summary>Slot folders and histories that no server would start with.</summary>
    public string Quarantine => In("quarantine");

    /// <summary>What is remembered of the primary's synchronous replication.</summary>
    public string SyncStandbys => In("synchronous-standby-names.json");

    /// <summary>What restore_command brings when the archive is only asked.</summary>
    public string ArchiveTrial => In("archive-trial");

    /// <summary>A segment that restore_command brings.</summary>
    public string ArchiveSegment => In("archive-segment");

    /// <summary>WAL from the archive, until it is proven.</summary>
    public string ArchiveProof => In("archive-proof");

    /// <summary>The server's stderr, where the configuration names no file for it.</summary>
    public string ServerLog(string node) => In($"postgresql-{node}.log");

    /// <summary>Which logical slots are copies of another node's.</summary>
    public string LogicalCopies => In("slot-copies");

    /// <summary>Which physical slots are copies of another node's.</summary>
    public string PhysicalCopies => In("physical-slot-copies");

    /// <summary>The data of this machine's member of etcd.</summary>
    public string EtcdData => In("etcd");

    /// <summary>This machine has had a member of etcd. Outside of the data, so that it outlives them.</summary>
    public string EtcdMember => In("etcd-member");

    /// <summary>The folders that only agents write. The directory itself may hold other things, too.</summary>
    public IReadOnlyList<string> Private => [Operations, Salvage, Quarantine];

    private string In(string name) => Path.Combine(Root, name);
}
