using System.Text.Json.Serialization;

namespace PgHa.Agent.Api.Health;

/// <summary>What a health check answers, in the form that Patroni gives it. What is not known is left out.</summary>
/// <param name="State">running, starting, stopping, stopped or unknown.</param>
/// <param name="Role">primary or replica.</param>
/// <param name="Timeline">The timeline of its WAL.</param>
/// <param name="Xlog">Where its WAL stands.</param>
/// <param name="Patroni">Which node it is.</param>
public sealed record HealthAnswer(string State, string Role, uint? Timeline, HealthPosition? Xlog, HealthName Patroni);

/// <summary>Positions in the WAL, as numbers.</summary>
/// <param name="Location">Up to where it was flushed.</param>
/// <param name="ReceivedLocation">On a standby: up to where it was received.</param>
/// <param name="ReplayedLocation">On a standby: up to where it was replayed.</param>
/// <param name="Paused">On a standby: whether replay is paused.</param>
public sealed record HealthPosition(ulong? Location, ulong? ReceivedLocation, ulong? ReplayedLocation, bool? Paused);

/// <summary>Which node it is.</summary>
/// <param name="Scope">The name of the cluster.</param>
/// <param name="Name">The name of the node.</param>
public sealed record HealthName(string Scope, string Name);

/// <summary>Answers of health checks, serialized without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
