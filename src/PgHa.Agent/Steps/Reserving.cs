using System.Globalization;
using PgHa.Client.Operations;

namespace PgHa.Agent.Steps;

/// <summary>
/// The last thing before a promotion where the right to write is kept in a record: the number of the new timeline is reserved there, so that no other node ever makes the same one, and
/// PostgreSQL will choose it, because each number below it has a history in pg_wal.
/// </summary>
internal sealed class Reserving(string node, IHands hands, IWriteRight right)
{
    /// <summary>What is to be said of it, or why the node must not be promoted.</summary>
    /// <param name="sight">What the node has seen of itself and of its WAL.</param>
    /// <param name="asksArchive">Whether the archive is asked for histories, as the server will; not while writers wait.</param>
    /// <param name="cancel">Ends it.</param>
    internal async Task<Answer<string>> RunAsync(Plans.StepSight sight, bool asksArchive, CancellationToken cancel)
    {
        if (!right.Reserves)
            return "";
        if ((sight.Wal.PositionOf(node)?.Timeline ?? sight.Seen.Sql?.Timeline) is not { } own)
            return new Refusal(Code.WrongState, $"the timeline of {node} is not known", "look at its server log, then repeat the call");
        var next = await hands.Server.NextTimelineAsync(own, asksArchive, cancel);
        var reserved = await right.ReserveAsync(next, cancel);
        if (!reserved.IsOk)
            return reserved.Refusal;
        if (reserved.Value > next)
            await hands.Server.PassOverAsync(next, reserved.Value, asksArchive, cancel);
        return string.Create(CultureInfo.InvariantCulture, $"; timeline {reserved.Value} is reserved in the record{(reserved.Value > next ? $", and no number from {next} on before it is used" : "")}");
    }
}
