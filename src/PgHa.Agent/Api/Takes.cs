using Microsoft.AspNetCore.Builder;

namespace PgHa.Agent.Api;

/// <summary>What the requests of a route may carry. Whatever else they carry is refused; a route that says nothing takes nothing.</summary>
/// <param name="Options">The options in the query; null: the route reads them itself, as strictly.</param>
/// <param name="Body">Whether the route reads the body.</param>
internal sealed record Takes(IReadOnlyCollection<string>? Options, bool Body)
{
    internal static Takes Nothing { get; } = new([], false);
}

/// <summary>A route that answers with the bytes of a file, of any size: nothing is done to them.</summary>
internal sealed record SendsBytes
{
    internal static SendsBytes All { get; } = new();
}

/// <summary>Says it of a route.</summary>
internal static class TakesExtensions
{
    internal static T TakesOptions<T>(this T route, params string[] options)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Takes(options, false));

    /// <summary>The route refuses what it does not know itself, because its options depend on more than its path.</summary>
    internal static T ReadsOptions<T>(this T route)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Takes(null, false));

    internal static T SendsBytes<T>(this T route)
        where T : IEndpointConventionBuilder => route.WithMetadata(Api.SendsBytes.All);

    internal static T TakesBody<T>(this T route)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Takes([], true));
}
