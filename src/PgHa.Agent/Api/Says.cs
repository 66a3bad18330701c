using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace PgHa.Agent.Api;

/// <summary>What a route is for. The API's document (docs/openapi.json) is made from what routes say; a test asks each for it.</summary>
/// <param name="Summary">In a few words.</param>
internal sealed record Says(string Summary);

/// <summary>An answer that a route gives beside refusals.</summary>
/// <param name="Status">Its HTTP status.</param>
/// <param name="Type">What its JSON says; null: it is none.</param>
/// <param name="MediaType">What it is where it is no JSON; null: it has no body.</param>
internal sealed record Gives(int Status, JsonTypeInfo? Type, string? MediaType = null);

/// <summary>The table of all calls that a route with parameters answers: the document names these instead.</summary>
internal enum CallTable
{
    /// <summary>The specification's calls among <see cref="Plans.RequestForm"/>.</summary>
    Requests,

    /// <summary>Those in native words.</summary>
    NativeRequests,

    /// <summary><see cref="Cluster.StepForm"/>.</summary>
    Steps,
}

/// <summary>Says it of a route.</summary>
internal static class SaysExtensions
{
    /// <param name="route">The route.</param>
    /// <param name="summary">What it is for.</param>
    /// <param name="answer">What it answers with 200; null: other metadata say that.</param>
    internal static T Says<T>(this T route, string summary, JsonTypeInfo? answer = null)
        where T : IEndpointConventionBuilder => answer is null ? route.WithMetadata(new Says(summary)) : route.WithMetadata(new Says(summary), new Gives(StatusCodes.Status200OK, answer));

    internal static T Gives<T>(this T route, int status, JsonTypeInfo answer)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Gives(status, answer));

    internal static T Gives<T>(this T route, string mediaType)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Gives(StatusCodes.Status200OK, null, mediaType));

    internal static T GivesNothing<T>(this T route)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Gives(StatusCodes.Status204NoContent, null));

    internal static T Answers<T>(this T route, CallTable table)
        where T : IEndpointConventionBuilder => route.WithMetadata(table);
}
