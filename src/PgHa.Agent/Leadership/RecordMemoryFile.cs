using System.Text.Json;
using PgHa.Agent.Files;

namespace PgHa.Agent.Leadership;

/// <summary>Keeps what was seen of the record, durably before anything is done because of it: a file, and a simulated one.</summary>
public interface IRecordMemoryDisk
{
    /// <summary>What it holds. A file that is missing is that of a node which has seen nothing.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is not understood: what was seen is unknown, not nothing.</exception>
    RecordMemory Read();

    /// <summary>Replaces what it holds.</summary>
    /// <param name="memory">What was seen.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    void Write(RecordMemory memory);
}

/// <summary>A file of the agent.</summary>
/// <param name="path">The file.</param>
public sealed class RecordMemoryFile(string path) : IRecordMemoryDisk
{
    /// <inheritdoc />
    public RecordMemory Read()
    {
        try
        {
            return JsonSerializer.Deserialize(SmallFile.Bytes(path), RecordJson.Default.RecordMemory) ?? throw new InvalidDataException($"{path} is empty");
        }
        catch (FileNotFoundException)
        {
            return RecordMemory.None; // a directory that is missing, or may not be read, is another thing
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not understood: {e.Message}", e);
        }
    }

    /// <inheritdoc />
    public void Write(RecordMemory memory) => DurableFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(memory, RecordJson.Default.RecordMemory));
}
