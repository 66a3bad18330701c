using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Steps;

/// <summary>
/// The steps that the last operation has ordered here: an order that comes again, late perhaps, is answered as it was the first time, and nothing
/// is done. Used by one step at a time.
/// </summary>
internal sealed class CarriedOut
{
    private readonly Dictionary<int, StepResult?> _results = [];
    private string? _operation;

    /// <summary>What came of the order when it came before; null: it did not.</summary>
    internal StepResult? Find(StepOrder order) =>
        order.Number is not { } number || order.Operation != _operation || !_results.TryGetValue(number, out var result) ? null
        : result ?? StepResult.Failed(Code.StepFailed, "this step was ordered before, and broken off", "repeat the call: it is planned anew");

    /// <summary>Before it is carried out.</summary>
    internal void Begin(StepOrder order)
    {
        if (order.Operation != _operation)
            _results.Clear();
        _operation = order.Operation;
        if (order.Number is { } number)
            _results[number] = null;
    }

    /// <summary>After it.</summary>
    internal void End(StepOrder order, StepResult result)
    {
        if (order.Number is { } number)
            _results[number] = result;
    }
}
