using PgHa.Agent.Configuration;

namespace PgHa.Commands;

internal static class PeerChecks
{
    internal static Task<int> RunAsync(AgentOptions options, string? token, CancellationToken cancel) => Task.FromResult(0);
}
