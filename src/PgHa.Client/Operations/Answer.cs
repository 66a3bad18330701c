using System.Diagnostics.CodeAnalysis;

namespace PgHa.Client.Operations;

/// <summary>A value, or why there is none.</summary>
/// <param name="Value">The value; default where there is none.</param>
/// <param name="Refusal">Why there is none; null where there is one.</param>
public readonly record struct Answer<T>(T? Value, Refusal? Refusal)
{
    /// <summary>The value is there.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool IsOk => Refusal is null;

    /// <summary>An answer that holds a value.</summary>
    public static implicit operator Answer<T>(T value) => new(value, null);

    /// <summary>An answer that says why there is none.</summary>
    public static implicit operator Answer<T>(Refusal refusal) => new(default, refusal);
}
