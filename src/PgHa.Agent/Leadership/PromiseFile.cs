using System.Text.Json;
using PgHa.Agent.Files;

namespace PgHa.Agent.Leadership;

/// <summary>Keeps what was promised, durably before it is told.</summary>
/// <param name="path">The file.</param>
internal sealed class PromiseFile(string path) : IPromiseDisk
{
    /// <inheritdoc />
    public Promise? Read()
    {
        try
        {
            return JsonSerializer.Deserialize(SmallFile.Bytes(path), RecordJson.Default.Promise) is { ForMilliseconds: > 0 } promise ? promise : throw new InvalidDataException($"{path} holds no promise");
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not understood: {e.Message}", e);
        }
    }

    /// <inheritdoc />
    public void Write(Promise promise) => DurableFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(promise, RecordJson.Default.Promise));

    /// <inheritdoc />
    public void Forget() => File.Delete(path);
}

/// <summary>Where a promise is kept: a file, and a simulated disk.</summary>
internal interface IPromiseDisk
{
    /// <summary>What is there; null: nothing.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is not understood.</exception>
    Promise? Read();

    /// <summary>Replaces it, and comes back when it outlives a loss of power.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    void Write(Promise promise);

    /// <summary>Takes one away that has lapsed. If it comes back after a loss of power it only holds once more.</summary>
    /// <exception cref="IOException">It cannot be taken away.</exception>
    void Forget();
}
