using System.Diagnostics.CodeAnalysis;

namespace PgHa.Agent.Configuration;

/// <summary>Either the token or the error that kept it from being read.</summary>
public sealed record TokenResult
{
    private TokenResult() { }

    /// <summary>The bearer token, visible ASCII without spaces; null if there is an error.</summary>
    public string? Token { get; private init; }

    /// <summary>Why there is no token; null if there is one.</summary>
    public ConfigurationError? Error { get; private init; }

    /// <summary>Whether there is a token.</summary>
    [MemberNotNullWhen(true, nameof(Token))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsValid => Token is not null;

    /// <summary>Does not show the token: results end up in logs.</summary>
    public override string ToString() => IsValid ? "token (hidden)" : Error.ToString();

    internal static TokenResult Valid(string token) => new() { Token = token };

    internal static TokenResult Invalid(ConfigurationError error) => new() { Error = error };
}
