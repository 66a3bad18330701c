using System.CommandLine;
using PgHa.Commands;

var root = new RootCommand("pgha: high availability for PostgreSQL, proven from its WAL.")
{
    AgentCommand.Create(),
    ConfigCommand.Create(),
};
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
