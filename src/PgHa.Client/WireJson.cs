using System.Text.Json.Serialization;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Client;

/// <summary>Everything that goes over the wire, serialized without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NodeObservation))]
[JsonSerializable(typeof(NodeObservation[]))]
[JsonSerializable(typeof(PrimarySync))]
[JsonSerializable(typeof(WalPosition))]
[JsonSerializable(typeof(LastRecord))]
[JsonSerializable(typeof(WalDigest))]
[JsonSerializable(typeof(WalTail))]
[JsonSerializable(typeof(SlotsReport))]
[JsonSerializable(typeof(NextStart))]
[JsonSerializable(typeof(DecodingFile[]))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(SalvageReport))]
[JsonSerializable(typeof(SalvageReport[]))]
[JsonSerializable(typeof(Refusal))]
[JsonSerializable(typeof(OperationReport))]
[JsonSerializable(typeof(OperationReport[]))]
[JsonSerializable(typeof(StepResult))]
[JsonSerializable(typeof(ClusterChange))]
[JsonSerializable(typeof(OperationLock))]
[JsonSerializable(typeof(LockAnswer))]
public sealed partial class WireJson : JsonSerializerContext;
