using System.Text.Json;
using System.Text.Json.Serialization;
using PgHa.Client.Operations;

namespace PgHa.Client.Facts;

/// <summary>The confirmed position of each logical slot of a node (<c>GET slots/NODE</c>); or why it cannot say.</summary>
/// <param name="Confirmed">By the slot's name; null: it has confirmed nothing.</param>
/// <param name="Refusal">Why it cannot say; null: it does.</param>
[JsonConverter(typeof(SlotPositionsJsonConverter))]
public sealed record SlotPositions(IReadOnlyDictionary<string, string?> Confirmed, Refusal? Refusal = null)
{
    /// <summary>Those of a report.</summary>
    /// <param name="report">The slots of a node.</param>
    public static SlotPositions Of(SlotsReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new(report.Slots.Where(s => s.IsLogical).ToDictionary(s => s.Name, s => s.ConfirmedFlush?.ToString()));
    }
}

/// <summary>A node that cannot say has code, message and hint in the place of its slots.</summary>
public sealed class SlotPositionsJsonConverter : JsonConverter<SlotPositions>
{
    /// <inheritdoc />
    /// <exception cref="NotSupportedException">Nobody reads them.</exception>
    public override SlotPositions Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("positions of slots are only written");

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, SlotPositions value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        if (value.Refusal is not null)
        {
            JsonSerializer.Serialize(writer, value.Refusal, WireJson.Default.Refusal);
            return;
        }
        writer.WriteStartObject();
        foreach (var (slot, position) in value.Confirmed)
            writer.WriteString(slot, position);
        writer.WriteEndObject();
    }
}

/// <summary>The two positions of a slot (<c>GET slot/NAME/lsn</c>).</summary>
/// <param name="RestartLsn">The oldest WAL that it needs; null: none.</param>
/// <param name="ConfirmedFlush">Up to where the consumer of a logical slot has confirmed.</param>
public sealed record SlotLsn(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? RestartLsn = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? ConfirmedFlush = null);

/// <summary>A slot by the columns of the specification's table, and what else is known of it (<c>GET slot/NAME/all</c>). As psql shows them: numbers are text, <c>t</c> and <c>f</c>.</summary>
public sealed record SlotColumns
{
    /// <summary>Its name.</summary>
    public required string SlotName { get; init; }

    /// <summary>The output plugin of a logical slot.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Plugin { get; init; }

    /// <summary><c>logical</c> or <c>physical</c>.</summary>
    public required string SlotType { get; init; }

    /// <summary>The OID of the database of a logical slot.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Datoid { get; init; }

    /// <summary>Whether it ends with its session.</summary>
    public required string Temporary { get; init; }

    /// <summary>Whether somebody uses it now.</summary>
    public required string Active { get; init; }

    /// <summary>The process that uses it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? ActivePid { get; init; }

    /// <summary>The oldest transaction whose rows it needs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Xmin { get; init; }

    /// <summary>The oldest transaction whose catalog rows it needs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? CatalogXmin { get; init; }

    /// <summary>The oldest WAL that it needs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? RestartLsn { get; init; }

    /// <summary>Up to where the consumer of a logical slot has confirmed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? ConfirmedFlush { get; init; }

    /// <summary>Whether prepared transactions are decoded.</summary>
    public required string TwoPhase { get; init; }

    /// <summary>17 and later: whether standbys shall copy it.</summary>
    public required string Failover { get; init; }

    /// <summary>17 and later: whether the server itself keeps it level with its original.</summary>
    public required string Synced { get; init; }

    /// <summary>Why it can no longer be used.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Invalid { get; init; }

    /// <summary>Bytes of WAL that it holds back.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? RetainedBytes { get; init; }

    /// <summary>The node whose slot it follows, where the agent keeps it as a copy.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? CopyOf { get; init; }
}

/// <summary>What became of levelling slots (<c>POST slots/file</c>): confirmed positions of the logical slots that are carried.</summary>
/// <param name="Before">On the called node, before.</param>
/// <param name="Remote">On the primary.</param>
/// <param name="After">On the called node, after.</param>
/// <param name="NotCarried">Slots that could not be carried, with the reason.</param>
public sealed record SlotLevels(SlotPositions Before, SlotPositions Remote, SlotPositions After, [property: JsonPropertyName("notCarried")] IReadOnlyDictionary<string, string> NotCarried);
