using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Api.V1;
using PgHa.Agent.Api.V2;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client;

namespace PgHa.Agent.Tests.Plans;

/// <summary>The table of requests: each row is complete, and no request is without one.</summary>
[Trait("Category", "Fast")]
public class RequestCallTests
{
    private static readonly Type[] Kinds = [.. typeof(ChangeRequest).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ChangeRequest)) && !t.IsAbstract)];

    /// <summary>What the agent alone asks for: the undo of a failover, and the restart that <c>POST slots/file</c> makes where it is needed.</summary>
    private static readonly string[] WithoutCall = ["restart-for-slots", "undo-demotion"];

    public static TheoryData<string> Names => [.. Kinds.Select(t => t.Name)];

    public static TheoryData<string> Texts => [.. RequestForm.AllCalls.Select(c => c.Text)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_kind_of_request_has_one_row(string kind) => Assert.Single(RequestForm.All, form => form.Kind.Name == kind);

    [Fact]
    public void No_two_rows_have_one_name() => Assert.Equal(RequestForm.All.Count, RequestForm.All.Select(form => form.Verb).Distinct().Count());

    [Fact]
    public void Only_what_the_agent_asks_for_has_no_call() => Assert.Equal(WithoutCall, RequestForm.All.Where(form => form.Calls.Count == 0).Select(form => form.Verb).Order());

    /// <summary>With all of its options and each of their values, and with those alone that must be there.</summary>
    private static IEnumerable<Dictionary<string, string>> Given(RequestCall call)
    {
        yield return call.Options.Where(o => o.Needed).ToDictionary(o => o.Name, o => o.Values?[^1] ?? "n2");
        foreach (var chosen in call.Options)
            foreach (var value in chosen.Values ?? ["n2"])
                yield return call.Options.ToDictionary(o => o.Name, o => o == chosen ? value : o.Values?[^1] ?? "n2");
    }

    private static RequestCall Call(string text) => RequestForm.AllCalls.Single(c => c.Text == text);

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_call_makes_the_request_of_its_row_and_no_other_call_takes_its_options(string text)
    {
        var call = Call(text);
        foreach (var given in Given(call))
        {
            Assert.Equal(RequestForm.All.Single(form => form.Calls.Contains(call)).Kind, call.Make("n1", given.GetValueOrDefault).GetType());
            Assert.Equal([call], RequestForm.AllCalls.Where(c => c.Method == call.Method && c.Path == call.Path && c.Takes(given)));
        }
    }

    /// <summary>Each option, and each of its values, means something: none is only passed over.</summary>
    [Theory]
    [MemberData(nameof(Texts))]
    public void Every_value_of_an_option_asks_for_something_else(string text)
    {
        var call = Call(text);
        foreach (var option in call.Options.Where(o => o is { Values: null, IsSettings: false }))
            Assert.Contains("n2", call.Make("n1", name => name == option.Name ? "n2" : null).Named);
        foreach (var option in call.Options.Where(o => o.Values is { Count: > 1 }))
            Assert.Equal(option.Values!.Count, option.Values.Select(value => call.Make("n1", name => name == option.Name ? value : null)).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void What_a_call_asks_for_is_kept_planned_and_in_words(string text)
    {
        var call = Call(text);
        foreach (var given in Given(call))
        {
            var request = call.Make("n1", given.GetValueOrDefault);
            Assert.Equal(request.Under(Mandate.None), RequestForm.Read(RequestForm.Write(request))! with { Mandate = Mandate.None });
            Assert.NotEmpty(request.Words);
            var view = Sketch.View(Condition.PrimaryAlone, Condition.StoppedAsStandby);
            Assert.NotNull(Sketch.Decide(request, view, Sketch.Wal(view, Planner.Focus(request, view), _ => WalKinship.Identical)));
        }
    }

    [Theory]
    [InlineData("POST v2/cluster/stop target=NODE", "target=n2,order=primary_first"), InlineData("POST v2/cluster/start target=NODE", "")]
    [InlineData("POST v2/cluster/start", "by=promote"), InlineData("POST v2/cluster/failover [target=NODE] [by=promote|restart]", "by=rewind")]
    public void What_a_call_does_not_know_it_does_not_take(string text, string given) => Assert.False(Call(text).Takes(
        given.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(o => o.Split('=')).ToDictionary(o => o[0], o => o[1])));

    [Theory]
    [MemberData(nameof(Texts))]
    public void Every_call_is_routed(string text)
    {
        var call = Call(text);
        var path = call.IsNative ? $"/api/pg/{call.Path}" : $"{Routes.V1}/{call.Path}";
        Assert.Contains(Mapped.Value, route => route.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Contains(call.Method)
            && new TemplateMatcher(TemplateParser.Parse(route.RoutePattern.RawText!), []).TryMatch(path, []));
    }

    /// <summary>What stands where a node's name stands in <c>GET instance/NODE</c> is no node's name.</summary>
    [Fact]
    public void No_node_is_named_like_a_call() => Assert.All(RequestForm.AllCalls.Where(c => c.Path.StartsWith("instance/", StringComparison.Ordinal)),
        call => Assert.Contains(call.Path.Split('/')[1], NodeRules.Reserved));

    private static readonly Lazy<IReadOnlyList<RouteEndpoint>> Mapped = new(() =>
    {
        var builder = WebApplication.CreateSlimBuilder();
        foreach (var service in ((IEnumerable<Type>)[typeof(ChangeEndpoints), typeof(ClusterEndpoints)]).SelectMany(Asked))
            builder.Services.AddSingleton(service, _ => throw new NotSupportedException());
        var app = builder.Build();
        ChangeEndpoints.Map(app);
        ClusterEndpoints.Map(app);
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()];
    });

    /// <summary>The services that the handlers of a class are given.</summary>
    private static IEnumerable<Type> Asked(Type endpoints) => endpoints.GetMethods(BindingFlags.NonPublic | BindingFlags.Static)
        .SelectMany(method => method.GetParameters()).Select(p => p.ParameterType).Where(t => t.Namespace!.StartsWith("PgHa.Agent", StringComparison.Ordinal)).Distinct();
}
