namespace PgHa.Client.Facts;

/// <summary>
/// What decoding keeps beside a slot below pg_logical: a snapshot, with which it knows from a position on which transactions it has to wait
/// for, or a map of rewritten catalog rows. A slot without its snapshot passes over transactions that ran at its restart_lsn.
/// </summary>
/// <param name="Folder"><c>snapshots</c> or <c>mappings</c>.</param>
/// <param name="Name">The file's name.</param>
/// <param name="Content">Its bytes.</param>
public sealed record DecodingFile(string Folder, string Name, byte[] Content);
