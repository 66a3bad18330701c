using System.Diagnostics.CodeAnalysis;

namespace PgHa.Formats;

/// <summary>What a parser returns: the value, or the reason why the bytes do not hold one.</summary>
public readonly struct Parsed<T>
    where T : class
{
    private readonly T? _value;
    private readonly FormatError? _error;

    internal Parsed(T value) => _value = value;

    internal Parsed(FormatError error) => _error = error;

    /// <summary>True when there is a value.</summary>
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsOk => _value is not null;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">There is none; look at <see cref="IsOk"/> first.</exception>
    public T Value => _value ?? throw new InvalidOperationException(Error?.ToString());

    /// <summary>The reason, or null when there is a value.</summary>
    public FormatError? Error => _value is null ? _error ?? Nothing : null;

    private static FormatError Nothing => new("", 0, "a value", "nothing");

#pragma warning disable CA2225 // A parser returns either; named alternates would only be noise.
    /// <summary>A parser's success.</summary>
    public static implicit operator Parsed<T>(T value) => new(value);

    /// <summary>A parser's refusal.</summary>
    public static implicit operator Parsed<T>(FormatError error) => new(error);
#pragma warning restore CA2225
}
