namespace PgHa.Agent.Postgres;

/// <summary>
/// What the agent's own sessions need, set by themselves: an operator's defaults for applications (of the server, a database or a role)
/// must not change what the agent sees or wait for. All of these exist in 13 to 18.
/// </summary>
internal static class SessionSettings
{
    /// <summary>
    /// As libpq's <c>options</c>. A standby refuses serializable transactions; a commit of ours may wait for no standby; what is read as text
    /// has one form.
    /// </summary>
    internal const string Options = @"-c default_transaction_isolation=read\ committed -c default_transaction_read_only=off -c default_transaction_deferrable=off"
        + " -c synchronous_commit=local -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
        + " -c search_path=pg_catalog -c DateStyle=ISO -c standard_conforming_strings=on -c jit=off";
}
