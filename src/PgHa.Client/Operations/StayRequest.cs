namespace PgHa.Client.Operations;

/// <summary>
/// What the holder of the record asks all other nodes while etcd does not answer: not to become writable for so long, in any way. The answer is the same where it is promised,
/// and was written to disk.
/// </summary>
/// <param name="Node">The holder.</param>
/// <param name="Epoch">The epoch in which it holds the record.</param>
/// <param name="Boot">The boot of its machine.</param>
/// <param name="ForMilliseconds">For how long, from the moment in which it is promised.</param>
public sealed record StayRequest(string Node, long Epoch, string Boot, int ForMilliseconds);
