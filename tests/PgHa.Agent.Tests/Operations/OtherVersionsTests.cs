using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using PgHa.Agent.Operations;
using PgHa.Client;
using PgHa.Client.Facts;

namespace PgHa.Agent.Tests.Operations;

/// <summary>
/// Files and answers of another version of pgha. Those in <c>Previous</c> were written by the version of the morning of 2026-11-27, on a
/// real server: without what came later (<c>older</c> of a WAL position, the whole of next-start).
/// </summary>
[Trait("Category", "Fast")]
public sealed class OtherVersionsTests : IDisposable
{
    private static readonly NullabilityInfoContext Nullability = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-journal-").FullName;

    public static TheoryData<string, JsonTypeInfo> Kept => new()
    {
        { "node", WireJson.Default.NodeObservation },
        { "wal", WireJson.Default.WalPosition },
        { "slots", WireJson.Default.SlotsReport },
        { "lsn", WireJson.Default.LastRecord },
        { "operation", WireJson.Default.OperationReport },
    };

    [Theory]
    [MemberData(nameof(Kept))]
    public void What_the_previous_version_wrote_is_read_with_nothing_that_is_null_against_its_type(string name, JsonTypeInfo type)
    {
        var value = JsonSerializer.Deserialize(Previous(name), type);
        Assert.Empty(NullsIn(value!, name));
    }

    [Theory]
    [MemberData(nameof(Kept))]
    public void What_a_later_version_adds_is_passed_over(string name, JsonTypeInfo type)
    {
        var json = JsonNode.Parse(Previous(name))!.AsObject();
        json["added_later"] = new JsonObject { ["more"] = true };
        Assert.NotNull(JsonSerializer.Deserialize(json.ToJsonString(), type));
    }

    [Theory]
    [MemberData(nameof(Kept))]
    public void A_null_where_there_is_none_is_not_understood(string name, JsonTypeInfo type)
    {
        var json = JsonNode.Parse(Previous(name))!.AsObject();
        json[name == "operation" ? "id" : name == "lsn" ? "wal_file" : "node"] = null;
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json.ToJsonString(), type));
    }

    [Theory]
    [InlineData("node", "server")]
    [InlineData("node", "live_operations")]
    [InlineData("node", "boot_id")]
    [InlineData("wal", "lineage")]
    [InlineData("slots", "slots")]
    [InlineData("operation", "steps")]
    public void Where_nothing_would_be_taken_for_an_answer_the_whole_is_not_understood(string name, string field)
    {
        var json = JsonNode.Parse(Previous(name))!.AsObject();
        Assert.True(json.Remove(field));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json.ToJsonString(), (JsonTypeInfo)Kept.First(k => k.Data.Item1 == name).Data.Item2));
    }

    /// <summary>The first value of an enumeration is a state of its own, never "not said".</summary>
    [Fact]
    public void No_field_of_the_wire_takes_the_first_value_of_an_enumeration_for_nothing()
    {
        var types = typeof(NodeObservation).Assembly.GetTypes().Where(t => t.Namespace is { } space && space.StartsWith("PgHa.Client", StringComparison.Ordinal));
        var lax = types.SelectMany(t => t.GetProperties()).Where(p => p.PropertyType.IsEnum && p.SetMethod is not null
            && !p.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute))
            && !p.DeclaringType!.GetConstructors().Any(c => c.GetParameters().Any(a => a.Name == p.Name && !a.HasDefaultValue)));
        Assert.Empty(lax.Select(p => $"{p.DeclaringType!.Name}.{p.Name}"));
    }

    [Fact]
    public void A_journal_with_files_that_are_not_understood_opens_and_names_them()
    {
        var operations = Directory.CreateDirectory(Path.Combine(_folder, "operations")).FullName;
        var good = Previous("operation");
        var id = JsonNode.Parse(good)!["id"]!.GetValue<string>();
        File.WriteAllText(Path.Combine(operations, $"{id}.json"), good);
        string[] bad =
        [
            "null", "[]", "{}", "", "{\"id\":\"x\"}", good[..^40], good.Replace("\"steps\":[", "\"steps\":[null,", StringComparison.Ordinal),
            good.Replace("\"done\"", "\"a state of tomorrow\"", StringComparison.Ordinal), good, "\0\0\0",
        ];
        foreach (var (number, text) in bad.Index())
            File.WriteAllText(Path.Combine(operations, $"bad{number}.json"), text);
        using (var huge = File.Create(Path.Combine(operations, "huge.json")))
            huge.SetLength(1L << 40);
        Directory.CreateDirectory(Path.Combine(operations, "folder.json"));
        var store = new OperationStore(new DiskJournal(Path.Combine(_folder, "operations")));
        Assert.Equal(id, Assert.Single(store.All).Id);
        Assert.Equal(bad.Length + 1, store.Unread.Count);
        Assert.All(store.Unread, what => Assert.StartsWith(operations, what, StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(operations, "huge.json")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Previous(string name) => File.ReadAllText(Path.Combine(Sources.Root, "tests", "PgHa.Agent.Tests", "Operations", "Previous", $"{name}.json"));

    private static IEnumerable<string> NullsIn(object value, string path)
    {
        if (value is string or ValueType || value.GetType().Namespace is not { } space || !(value is IEnumerable || space.StartsWith("PgHa.", StringComparison.Ordinal)))
            return [];
        if (value is IEnumerable list)
            return list.Cast<object?>().SelectMany((each, n) => each is null ? [$"{path}[{n}]"] : NullsIn(each, $"{path}[{n}]"));
        return value.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0).SelectMany(p => p.GetValue(value) is { } inner
            ? NullsIn(inner, $"{path}.{p.Name}")
            : Nullability.Create(p).ReadState == NullabilityState.NotNull ? [$"{path}.{p.Name}"] : []);
    }
}
