namespace PgHa.Client.Facts;

/// <summary>
/// Who beside pgha starts and stops a running server: a systemd unit, or the process that waits for its end. Such a server may be started again
/// the moment it has ended, and a unit stops whatever runs on the data directory by then (fact 43).
/// </summary>
/// <param name="Unit">The systemd unit its process belongs to; null if it is another process.</param>
/// <param name="Process">The process that started it and waits for it; null if it is a unit.</param>
/// <param name="Pid">That process.</param>
public sealed record ServerOwner(string? Unit = null, string? Process = null, int? Pid = null)
{
    /// <summary>In words.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Words => Unit is { } unit ? $"the systemd unit {unit}" : $"the process {Process} (pid {Pid})";

    /// <summary>What an operator does about it, on that machine.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string WayOut => Unit is { } unit
        ? $"systemctl stop {unit} (and systemctl mask {unit}, because it would start the server at boot)"
        : $"end {Process} (pid {Pid}), or take PostgreSQL out of what it starts, then stop the server";
}
