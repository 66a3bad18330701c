namespace PgHa.Agent.Security;

/// <summary>The token of this machine alone, for <c>security.local: owner</c>. Only the agent's user and root can read it.</summary>
/// <param name="value">The token; null where there is none.</param>
public sealed class LocalToken(string? value)
{
    private volatile string? _value = value;

    /// <summary>Whether it is the token.</summary>
    public bool Accepts(string given)
    {
        ArgumentNullException.ThrowIfNull(given);
        return _value is { } token && AccessToken.Same(given, token);
    }

    /// <summary>From now on it is this one, and the one before does not count any more; false if it was already.</summary>
    public bool Replace(string token)
    {
        if (_value == token)
            return false;
        _value = token;
        return true;
    }
}
