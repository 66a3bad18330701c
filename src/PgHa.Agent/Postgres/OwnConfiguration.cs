using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>The configuration files that lie in a node's data directory: they stay the node's own whatever data comes from elsewhere.</summary>
internal sealed class OwnConfiguration
{
    private readonly List<(string Name, byte[] Content)> _files;

    private OwnConfiguration(List<(string, byte[])> files) => _files = files;

    /// <summary>postgresql.conf, postgresql.auto.conf, pg_hba.conf, pg_ident.conf, and what else of that kind lies there or in conf.d.</summary>
    internal static OwnConfiguration Read(string directory) => new(
    [
        .. new[] { directory, Path.Combine(directory, "conf.d") }.Where(Directory.Exists)
            .SelectMany(d => Directory.EnumerateFiles(d, "*.conf"))
            .Select(f => (Path.GetRelativePath(directory, f), SmallFile.Bytes(f, SmallFile.Large))),
    ]);

    internal void PutBack(string directory)
    {
        foreach (var (name, content) in _files)
        {
            var file = Path.Combine(directory, name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            DurableFile.Replace(file, content);
        }
    }
}
