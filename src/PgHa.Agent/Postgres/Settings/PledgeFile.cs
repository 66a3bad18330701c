using System.Text.Json;
using System.Text.Json.Serialization;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>A pledge, as the node itself notes it before etcd is asked.</summary>
/// <param name="Epoch">The epoch that is pledged.</param>
/// <param name="Holder">The primary that it received from.</param>
/// <param name="Upstream">What <c>primary_conninfo</c> was.</param>
/// <param name="Withdrawn">It was taken back, as etcd has acknowledged: <c>primary_conninfo</c> may be put back.</param>
internal sealed record PledgeNote(long Epoch, string Holder, string Upstream, bool Withdrawn = false);

/// <summary>
/// Keeps the note of a pledge. While it stands this node follows nobody but the holder of the epoch that was pledged, or of a later one, whatever restarts. A file, and a simulated one.
/// </summary>
internal interface IPledgeNotes
{
    /// <summary>The note; null: this node has not pledged.</summary>
    PledgeNote? Note { get; }

    /// <summary>Notes it, durably. It may hold a password.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    void Write(PledgeNote note);

    /// <summary>Forgets it, durably.</summary>
    void Remove();
}

/// <summary>A file of the agent.</summary>
internal sealed partial class PledgeFile : IPledgeNotes
{
    private readonly string _path;
    private volatile PledgeNote? _note;

    /// <summary>Reads what an earlier run of the agent noted.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is not understood: what was pledged is unknown, not nothing.</exception>
    public PledgeFile(AgentOptions options)
    {
        _path = options.State.Pledge;
        try
        {
            _note = JsonSerializer.Deserialize(SmallFile.Bytes(_path), NoteJson.Default.PledgeNote) ?? throw new InvalidDataException($"{_path} is empty");
        }
        catch (FileNotFoundException)
        {
            _note = null;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{_path} is not understood: {e.Message}", e);
        }
    }

    /// <inheritdoc />
    public PledgeNote? Note => _note;

    /// <summary>Where it is.</summary>
    internal string Path => _path;

    /// <inheritdoc />
    public void Write(PledgeNote note)
    {
        DurableFile.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(note, NoteJson.Default.PledgeNote), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _note = note;
    }

    /// <inheritdoc />
    public void Remove()
    {
        DurableFile.Remove(_path);
        _note = null;
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
    [JsonSerializable(typeof(PledgeNote))]
    private sealed partial class NoteJson : JsonSerializerContext;
}
