using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Api;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>A call that the document describes: a route for one method, or one of the calls that a route with parameters answers.</summary>
/// <param name="Method">GET, POST and so on.</param>
/// <param name="Path">Its path, parameters in braces.</param>
/// <param name="Route">The route that answers it.</param>
/// <param name="Summary">What it does.</param>
internal sealed record DocumentedCall(string Method, string Path, RouteEndpoint Route, string Summary)
{
    /// <summary>More of it: in which forms it can be called.</summary>
    public IReadOnlyList<string> Forms { get; init; } = [];

    /// <summary>Its options in the query.</summary>
    public IReadOnlyList<RequestOption> Options { get; init; } = [];

    /// <summary>Fields of its body, where they are fewer than those of its type.</summary>
    public IReadOnlyList<RequestOption>? Fields { get; init; }

    /// <summary>The table in which it stands, or null.</summary>
    public CallTable? Table { get; init; }

    /// <summary>Its name in the document.</summary>
    public string Id => string.Concat(Path["/api/pg/".Length..].Split('/', '-', '_').Select(Capital).Prepend(Method.ToLowerInvariant()));

    private const string Node = "the called node", Named = "NODE";
    private static readonly string[] Common = ["[dryRun=true|false]", "[stepwise=true|false]", "[timeout=SECONDS]", "[force=true|false]"];

    /// <summary>Those of all routes that the agent has.</summary>
    public static IReadOnlyList<DocumentedCall> All { get; } = [.. Routes().SelectMany(Of)];

    /// <summary>The routes that the agent has.</summary>
    public static IReadOnlyList<RouteEndpoint> Routes()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<IServiceProviderIsService, Anything>();
        var app = builder.Build();
        ApiRoutes.Map(app);
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(d => d.Endpoints).Cast<RouteEndpoint>()];
    }

    /// <summary>The methods of a route.</summary>
    public static IReadOnlyList<string> MethodsOf(RouteEndpoint route) => route.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods;

    /// <summary>The path of a route.</summary>
    public static string PathOf(RouteEndpoint route) => "/" + route.RoutePattern.RawText!.Trim('/');

    private static IEnumerable<DocumentedCall> Of(RouteEndpoint route)
    {
        var says = route.Metadata.GetMetadata<Says>() ?? throw new InvalidOperationException($"{route.DisplayName} does not say what it is for: .Says(...)");
        var table = route.Metadata.OfType<CallTable>().Cast<CallTable?>().FirstOrDefault();
        return MethodsOf(route).SelectMany(method => table switch
        {
            CallTable.Requests => Requests(route, method),
            CallTable.NativeRequests => Natives(route),
            CallTable.Steps => Steps(route),
            _ => [new(method, PathOf(route), route, says.Summary) { Options = [.. OptionFormsOf(route).Select(RequestOption.Of)] }],
        }).Select(call => call with { Table = table });
    }

    private static IReadOnlyList<string> OptionFormsOf(RouteEndpoint route) => route.Metadata.GetMetadata<Takes>() switch
    {
        null => [],
        { Options: null, Forms: var own } => [.. own, .. Common],
        var takes => takes.Forms,
    };

    private static IEnumerable<DocumentedCall> Requests(RouteEndpoint route, string method) => RequestForm.AllCalls
        .Where(c => !c.IsNative && c.Method == method && Matches(PathOf(route), "/api/pg/v1/" + c.Path))
        .Select(c => new DocumentedCall(method, "/api/pg/v1/" + c.Path, route, Capital(WordsOf(c))) { Options = [.. c.Options, .. Common.Select(RequestOption.Of)] });

    private static IEnumerable<DocumentedCall> Natives(RouteEndpoint route) => RequestForm.AllCalls.Where(c => c.IsNative).GroupBy(c => c.Path)
        .Select(calls => new DocumentedCall("POST", "/api/pg/" + calls.Key, route, Capital(string.Join("; ", calls.Select(WordsOf).Distinct())))
        {
            Forms = [.. calls.Select(c => $"`{string.Join(' ', c.Text.Split(' ').Skip(2).DefaultIfEmpty("{}"))}`: {WordsOf(c)}")],
            Fields = Merge(calls.Select(c => c.Options)),
        });

    private static IEnumerable<DocumentedCall> Steps(RouteEndpoint route) => StepForm.All.GroupBy(s => s.Verb)
        .Select(forms => new DocumentedCall("POST", "/api/pg/v2/node/" + forms.Key, route, Capital(string.Join("; ", forms.Select(WordsOf).Distinct())))
        {
            Forms = forms.Count() == 1 ? [] : [.. forms.Select(f => $"`{f}`: {WordsOf(f)}")],
            Options = [.. Merge(forms.Select(OptionsOf)).Append(RequestOption.Of("[force=true]")).DistinctBy(o => o.Name)],
        });

    private static IEnumerable<RequestOption> OptionsOf(StepForm form) => form.Options.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(RequestOption.Of);

    /// <summary>The options of several forms of a call: needed where all forms need them.</summary>
    private static IReadOnlyList<RequestOption> Merge(IEnumerable<IEnumerable<RequestOption>> forms)
    {
        var all = forms.Select(f => f.ToArray()).ToArray();
        return [.. all.SelectMany(f => f).GroupBy(o => o.Name).Select(same => new RequestOption(same.Key,
            same.Any(o => o.Values is null) ? null : [.. same.SelectMany(o => o.Values!).Distinct()],
            same.Count(o => o.Needed) == all.Length))];
    }

    private static string WordsOf(RequestCall call)
    {
        var needed = call.Options.Where(o => o.Needed).ToDictionary(o => o.Name, o => o.Values?[0] ?? Named);
        return call.Make(Node, needed.GetValueOrDefault).Words;
    }

    private static string WordsOf(StepForm form)
    {
        var needed = OptionsOf(form).Where(o => o.Needed).ToDictionary(o => o.Name, o => o.Values?[0] ?? Named);
        return form.Make(Node, new(needed.GetValueOrDefault)).Words;
    }

    /// <summary>Whether a path is one of a template's.</summary>
    public static bool Matches(string template, string path) => (template.Split('/'), path.Split('/')) is var (t, p) && t.Length == p.Length && t.Zip(p).All(s => s.First == s.Second || s.First.StartsWith('{'));

    private static string Capital(string words) => words.Trim('{', '}') is { Length: > 0 } text ? char.ToUpperInvariant(text[0]) + text[1..] : "";

    /// <summary>The routes are only looked at: no service is asked for.</summary>
    private sealed class Anything : IServiceProviderIsService
    {
        public bool IsService(Type serviceType) => !serviceType.IsPrimitive && serviceType != typeof(string);
    }
}
