using PgHa.Agent.Configuration;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Reads the node's own files, once it is sure that they can be put back into data that comes from elsewhere, and that this can be written.</summary>
internal sealed class OwnFilesReading(AgentOptions options, DataDirectory data, OwnPaths paths, DataAccess access, RewindMarker marker)
{
    /// <summary>The files, or why they could not be kept. Those of before a rewind that did not finish are kept already.</summary>
    /// <param name="rewrites">The data directory is rewritten where it is; else it is replaced, and removed.</param>
    /// <param name="cancel">Ends it.</param>
    internal async Task<Answer<OwnFiles>> ReadAsync(bool rewrites, CancellationToken cancel)
    {
        if (marker.Problem is not null)
            return access.Refuse([], rewrites) is { } locked ? locked : marker.Own ?? new OwnFiles([]);
        var found = await paths.FindAsync(cancel);
        if (!found.IsOk)
            return found.Refusal;
        try
        {
            return await Task.Run(() => access.Refuse(found.Value, rewrites), cancel) is { } refusal ? refusal : OwnFiles.Read(data.Root, found.Value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Refusal(Code.WrongState, $"the own files of {options.Node} in its data directory cannot be kept: {e.Message}", "look at the disk, and keep only configuration where the configuration names files");
        }
    }
}
