using System.Reflection;
using PgHa.Client;

namespace PgHa.Agent.Tests.Client;

[Trait("Category", "Fast")]
public sealed class WireTests
{
    /// <summary>Nulls are not written: a field that may be null must be allowed to be missing, or the reader does not understand what the writer wrote.</summary>
    [Fact]
    public void What_may_be_null_may_be_missing()
    {
        Assert.Contains(typeof(PgHa.Client.Facts.IfItDied), Records());
        var nullability = new NullabilityInfoContext();
        var parameters =
            from type in Records()
            from parameter in type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First().GetParameters()
            where !parameter.HasDefaultValue && nullability.Create(parameter).WriteState == NullabilityState.Nullable
            select $"{type.Name}({parameter.Name})";
        var properties =
            from type in Records()
            from property in type.GetProperties()
            where property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute)) && nullability.Create(property).ReadState == NullabilityState.Nullable
            select $"{type.Name}.{property.Name}";
        Assert.Empty(parameters.Concat(properties));
    }

    private static IEnumerable<Type> Records() => typeof(WireJson).Assembly.GetTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false, IsPublic: true } && t.GetMethod("<Clone>$") is not null);
}
