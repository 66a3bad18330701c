using Microsoft.Extensions.Logging;

namespace PgHa.Simulation;

/// <summary>What an agent logs, in the trace. Background work that breaks is a finding: it is logged and passed over, and would go unseen.</summary>
internal sealed class SimLog<T>(SimAgent agent) : ILogger<T>
{
    private World World => agent.Machine.Field.World;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var broke = exception is not null || (logLevel >= LogLevel.Warning && formatter(state, exception).Contains("\n   at ", StringComparison.Ordinal));
        if (broke)
            World.Found($"{agent.Machine.Name} broke: {formatter(state, exception)} {exception}");
        else if (World.Trace.Kept)
            World.Trace.Add(World, agent.Machine.Name, $"logs: {formatter(state, exception)}");
    }
}
