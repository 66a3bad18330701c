namespace PgHa.Cluster.Tests.Campaign;

/// <summary>Something that must not happen. It ends the campaign.</summary>
public sealed class FindingException : Exception
{
    public FindingException()
    {
    }

    public FindingException(string message)
        : base(message)
    {
    }

    public FindingException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
