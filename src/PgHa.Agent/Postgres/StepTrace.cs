using System.Text;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Remembers, across runs of the agent, which operation changed this node last: by that an interrupted operation learns whether another
/// one acted after it.
/// </summary>
internal sealed class StepTrace(AgentOptions options, TimeProvider time)
{
    private readonly string _file = options.State.LastOperation;
    private readonly Lock _gate = new();
    private NodeStep? _last;
    private long _ended;

    /// <summary>The last step that changed, or changes, the node.</summary>
    internal NodeStep? Last
    {
        get { lock (_gate) return _last ??= Read(); }
    }

    /// <summary>The step that changes the node now, or did until just now.</summary>
    internal NodeStep? Acting(TimeSpan within)
    {
        lock (_gate)
            return _last is { Running: true } || (_last is { Step: not null } && time.GetElapsedTime(_ended) < within) ? _last : null;
    }

    /// <summary>Before the step acts. Durable once for each operation.</summary>
    internal void Begin(Step step, string operation)
    {
        if (!step.Changes)
            return;
        var known = Last?.Operation == operation;
        lock (_gate)
            _last = new(operation, Running: true, step.Words);
        if (!known)
            Write(operation);
    }

    /// <summary>After the step.</summary>
    internal void End()
    {
        lock (_gate)
        {
            _last = _last is { Running: true } last ? last with { Running = false } : _last;
            _ended = time.GetTimestamp();
        }
    }

    private NodeStep? Read()
    {
        try
        {
            return File.Exists(_file) ? new(SmallFile.Text(_file), Running: false) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // none is known
        }
    }

    private void Write(string operation)
    {
        try
        {
            DurableFile.Replace(_file, Encoding.UTF8.GetBytes(operation));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A role change does not stop half way because the disk of state_dir is full; this run of the agent still knows.
        }
    }
}
