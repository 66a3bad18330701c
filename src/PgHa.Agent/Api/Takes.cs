using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;

namespace PgHa.Agent.Api;

/// <summary>What the requests of a route may carry. Whatever else they carry is refused; a route that says nothing takes nothing.</summary>
/// <param name="Options">The options in the query; null: the route reads them itself, as strictly.</param>
/// <param name="Body">Whether the route reads the body.</param>
internal sealed record Takes(IReadOnlyCollection<string>? Options, bool Body)
{
    internal static Takes Nothing { get; } = new([], false);

    /// <summary>The options as an operator types them: <c>name=value</c> where it must be there, <c>[name=value]</c> where it may be.</summary>
    internal IReadOnlyList<string> Forms { get; init; } = [];

    /// <summary>What the body says; null: it is the bytes of a file, or there is none.</summary>
    internal JsonTypeInfo? BodyType { get; init; }
}

/// <summary>A route that answers with the bytes of a file, of any size: nothing is done to them.</summary>
internal sealed record SendsBytes
{
    internal static SendsBytes All { get; } = new();
}

/// <summary>Says it of a route.</summary>
internal static class TakesExtensions
{
    /// <param name="route">The route.</param>
    /// <param name="forms">Its options as an operator types them.</param>
    internal static T TakesOptions<T>(this T route, params string[] forms)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Takes([.. forms.Select(f => f.Trim('[').Split('=')[0])], false) { Forms = forms });

    /// <summary>The route refuses what it does not know itself, because its options depend on more than its path.</summary>
    internal static T ReadsOptions<T>(this T route, params string[] forms)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Takes(null, false) { Forms = forms });

    internal static T SendsBytes<T>(this T route)
        where T : IEndpointConventionBuilder => route.WithMetadata(Api.SendsBytes.All);

    /// <summary>A file.</summary>
    internal static T TakesBody<T>(this T route)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Takes([], true));

    internal static T TakesBody<T>(this T route, JsonTypeInfo type)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Takes([], true) { BodyType = type });
}
