using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Upkeep;

/// <summary>Begins a change of this node, as an operator would, with the reason; null, or why not.</summary>
internal delegate Task<Refusal?> BeginChange(MandatedRequest request, string reason, CancellationToken cancel);

/// <summary>Registers what the agent does unasked.</summary>
public static class UpkeepServices
{
    /// <summary>Adds all loops.</summary>
    public static IServiceCollection AddUpkeep(this IServiceCollection services) => services
        .AddHostedService<NodeUpkeep>()
        .AddHostedService<WalreceiverUpkeep>()
        .AddHostedService<SlotUpkeep>()
        .AddHostedService<StandbyReturn>();
}
