using System.CommandLine;
using System.Text.Json;

namespace PgHa.Formats.Tests.Support;

/// <summary>What <c>pgha inspect</c> answered.</summary>
internal sealed record Inspected(int Code, string Out, string Error)
{
    public IReadOnlyList<string> Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The objects of --json, one on each line.</summary>
    public IReadOnlyList<JsonElement> Objects => [.. Lines.Select(l => JsonElement.Parse(l))];

    /// <summary>Runs the command as a user would, in this process.</summary>
    public static async Task<Inspected> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(["inspect", .. arguments], new InvocationConfiguration { Output = output, Error = error });
        return new Inspected(code, output.ToString(), error.ToString());
    }
}
