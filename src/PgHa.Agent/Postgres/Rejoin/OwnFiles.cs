using System.Text.Json;
using System.Text.Json.Serialization;

namespace PgHa.Agent.Postgres;

/// <summary>The files in its data directory that are a node's own (<see cref="OwnPaths"/>), as they were: they stay whatever data comes from elsewhere.</summary>
/// <param name="files">Folders before what lies in them.</param>
internal sealed class OwnFiles(IReadOnlyList<OwnFile> files)
{
    /// <summary>Configuration and certificates are small; what is larger is none.</summary>
    private const long Most = 32 << 20;

    /// <exception cref="IOException">One cannot be read, or they are too large to be such files.</exception>
    internal static OwnFiles Read(string directory, IEnumerable<string> paths)
    {
        var files = new List<OwnFile>();
        var size = 0L;
        foreach (var path in paths.Distinct().Order(StringComparer.Ordinal))
        {
            files.Add(OwnFile.Read(directory, path));
            if ((size += files[^1].Content?.Length ?? 0) > Most)
                throw new IOException($"the files that its configuration names have more than {Most >> 20} MB");
        }
        return new(files);
    }

    internal static OwnFiles From(ReadOnlySpan<byte> kept) => new(JsonSerializer.Deserialize(kept, OwnFilesJson.Default.OwnFileArray) ?? []);

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes([.. files], OwnFilesJson.Default.OwnFileArray);

    /// <summary>How many there are.</summary>
    internal int Count => files.Count(f => f.Target is not null || f.Content is not null);

    /// <summary>Takes out what PostgreSQL's tools cannot write over.</summary>
    internal void TakeHindrances(string directory)
    {
        foreach (var file in files.Where(f => f.HindersTools))
            OwnFile.Remove(Path.Combine(directory, file.Path));
    }

    /// <summary>Puts that back where nothing else has come meanwhile.</summary>
    internal void PutHindrancesBack(string directory)
    {
        foreach (var file in files.Where(f => f.HindersTools && OwnFile.Read(directory, f.Path) is { Target: null, Mode: null }))
            file.PutInto(directory);
    }

    /// <summary>Makes all of them what they were, and looks; null, or the first place where that is not so.</summary>
    internal string? PutBack(string directory)
    {
        foreach (var file in files)
            file.PutInto(directory);
        var own = files.Select(f => f.Path).ToHashSet();
        foreach (var folder in files.Where(f => f.IsFolder))
            foreach (var place in Directory.EnumerateFileSystemEntries(Path.Combine(directory, folder.Path)).Where(p => !own.Contains(Path.GetRelativePath(directory, p))).ToArray())
                OwnFile.Remove(place);
        return files.FirstOrDefault(f => !f.IsIn(directory))?.Path;
    }
}

/// <summary>How they are kept in <c>state_dir</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OwnFile[]))]
internal sealed partial class OwnFilesJson : JsonSerializerContext;
