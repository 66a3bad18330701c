using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Npgsql;

var root = new RootCommand("pgha");
root.SetAction(async (_, ct) =>
{
    var b = WebApplication.CreateSlimBuilder();
    var app = b.Build();
    app.MapGet("/", () => "hi");
    await using var src = new NpgsqlSlimDataSourceBuilder("Host=/tmp").Build();
    using var s = new StringReader("a: 1");
    var y = new YamlDotNet.RepresentationModel.YamlStream();
    y.Load(s);
    await app.RunAsync();
});
return await root.Parse(args).InvokeAsync();
