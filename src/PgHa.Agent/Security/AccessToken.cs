using System.Security.Cryptography;
using System.Text;

namespace PgHa.Agent.Security;

/// <summary>
/// The secret that operators and peers present as <c>Authorization: Bearer …</c>. It can be exchanged while the agent runs. The agents of a
/// cluster cannot all be told in one moment: for a while each still presents the old one, and for a longer while accepts both.
/// </summary>
/// <param name="value">The token; null if none is configured.</param>
/// <param name="time">The clock.</param>
public sealed class AccessToken(string? value, TimeProvider time)
{
    /// <summary>How long after the exchange the old one is presented: within that time all agents have to be told.</summary>
    public static readonly TimeSpan PresentsOldFor = TimeSpan.FromMinutes(5);

    /// <summary>How long after the exchange the old one is accepted, because the agent that was told last still presents it.</summary>
    public static readonly TimeSpan AcceptsOldFor = TimeSpan.FromMinutes(10);

    private volatile Known _known = new(value, null, 0);

    /// <summary>Whether callers have to present one.</summary>
    public bool IsRequired => _known.Token is not null;

    /// <summary>What this agent presents to its peers; null if none is configured.</summary>
    public string? Presented => _known is var known && IsWithin(known, PresentsOldFor) ? known.Old : known.Token;

    /// <summary>Whether it is the token, or the one before for as long as that counts.</summary>
    public bool Accepts(string given)
    {
        ArgumentNullException.ThrowIfNull(given);
        var known = _known;
        return known.Token is { } token && (Same(given, token) | (IsWithin(known, AcceptsOldFor) && Same(given, known.Old!)));
    }

    /// <summary>From now on it is this one; false if it was already.</summary>
    public bool Replace(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        var known = _known;
        if (known.Token is not { } old || Same(token, old))
            return false;
        _known = new(token, old, time.GetTimestamp());
        return true;
    }

    private bool IsWithin(Known known, TimeSpan bound) => known.Old is not null && time.GetElapsedTime(known.Since) < bound;

    /// <summary>Hashing first makes both sides equally long, so that not even the length can be measured.</summary>
    internal static bool Same(string given, string secret) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private sealed record Known(string? Token, string? Old, long Since);
}
