using System.Text.Json.Serialization;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Client;

/// <summary>
/// Everything that goes over the wire or into the journal, serialized without reflection. Other versions of pgha write fewer fields, or more:
/// what is additional is passed over, and a value that may be missing says in its type what it is then (the generated code drops initializers).
/// Where nothing would be taken for an answer, such as no slots, the field is required: without it the whole is not understood.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(NodeObservation))]
[JsonSerializable(typeof(NodeObservation[]))]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(PrimarySync))]
[JsonSerializable(typeof(WalPosition))]
[JsonSerializable(typeof(LastRecord))]
[JsonSerializable(typeof(WalDigest))]
[JsonSerializable(typeof(WalTail))]
[JsonSerializable(typeof(SlotsReport))]
[JsonSerializable(typeof(SlotsReport[]))]
[JsonSerializable(typeof(Dictionary<string, NodeLsn>))]
[JsonSerializable(typeof(WalFileEntry[]))]
[JsonSerializable(typeof(WalCheck))]
[JsonSerializable(typeof(RecoveryWord))]
[JsonSerializable(typeof(WalUploaded))]
[JsonSerializable(typeof(Dictionary<string, SlotPositions>))]
[JsonSerializable(typeof(SlotLsn))]
[JsonSerializable(typeof(SlotColumns))]
[JsonSerializable(typeof(SlotLevels))]
[JsonSerializable(typeof(NextStart))]
[JsonSerializable(typeof(SettingsReport))]
[JsonSerializable(typeof(SettingsSeries))]
[JsonSerializable(typeof(DecodingFile[]))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(SalvageReport))]
[JsonSerializable(typeof(SalvageReport[]))]
[JsonSerializable(typeof(HistoryEntry))]
[JsonSerializable(typeof(HistoryEntry[]))]
[JsonSerializable(typeof(ExplainReport))]
[JsonSerializable(typeof(RecordChange))]
[JsonSerializable(typeof(AcknowledgedWal))]
[JsonSerializable(typeof(HandoverReport))]
[JsonSerializable(typeof(ConfigurationChange))]
[JsonSerializable(typeof(ConfigurationChange[]))]
[JsonSerializable(typeof(ScheduledSwitchover))]
[JsonSerializable(typeof(ScheduleOutcome))]
[JsonSerializable(typeof(ScheduleReport))]
[JsonSerializable(typeof(Refusal))]
[JsonSerializable(typeof(OperationReport))]
[JsonSerializable(typeof(OperationReport[]))]
[JsonSerializable(typeof(OperationRequest))]
[JsonSerializable(typeof(StepResult))]
[JsonSerializable(typeof(ClusterChange))]
[JsonSerializable(typeof(OperationLock))]
[JsonSerializable(typeof(LockAnswer))]
[JsonSerializable(typeof(AuditEntry[]))]
[JsonSerializable(typeof(StayRequest))]
[JsonSerializable(typeof(Dictionary<string, string>))]
public sealed partial class WireJson : JsonSerializerContext;
