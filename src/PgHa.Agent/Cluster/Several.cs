using System.Collections;
using System.Runtime.CompilerServices;

namespace PgHa.Agent.Cluster;

/// <summary>Several of a kind in their order, which never change. Equal if each of them is, so that records with such a member compare as a whole.</summary>
[CollectionBuilder(typeof(Several), nameof(Several.Of))]
public sealed class Several<T> : IReadOnlyList<T>, IEquatable<Several<T>>
{
    private readonly T[] _items;

    internal Several(ReadOnlySpan<T> items) => _items = items.ToArray();

    /// <inheritdoc />
    public int Count => _items.Length;

    /// <inheritdoc />
    public T this[int index] => _items[index];

    /// <inheritdoc />
    public IEnumerator<T> GetEnumerator() => _items.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc />
    public bool Equals(Several<T>? other) => other is not null && _items.SequenceEqual(other._items);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as Several<T>);

    /// <inheritdoc />
    public override int GetHashCode() => _items.Aggregate(0, HashCode.Combine);

    /// <summary>For a sentence: with commas in between.</summary>
    public override string ToString() => string.Join(", ", _items);
}

/// <summary>Makes them from a list.</summary>
public static class Several
{
    /// <summary>These, in this order.</summary>
    public static Several<T> Of<T>(ReadOnlySpan<T> items) => new(items);
}
