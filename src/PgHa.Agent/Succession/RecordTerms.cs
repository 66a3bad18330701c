namespace PgHa.Agent.Succession;

/// <summary>On what terms a node holds the record.</summary>
/// <param name="Node">The node.</param>
/// <param name="Boot">The boot of its machine.</param>
/// <param name="D">How long a renewal holds.</param>
/// <param name="Stop">How long the server takes to be killed.</param>
/// <param name="System">The system identifier of its database; null where it cannot be read.</param>
/// <param name="Kill">Kills every process of its server, and makes the next start one in recovery.</param>
/// <param name="StartsAsStandby">Whether standby.signal is there.</param>
internal sealed record RecordTerms(string Node, string Boot, TimeSpan D, TimeSpan Stop, Func<string?> System, Action Kill, Func<bool> StartsAsStandby)
{
    /// <summary>The bound of each question to etcd.</summary>
    internal TimeSpan Call => D / 6;

    /// <summary>Its commits wait for a quorum, and the pledges of enough voters may take the record from it.</summary>
    internal bool Revocable { get; init; }
}
