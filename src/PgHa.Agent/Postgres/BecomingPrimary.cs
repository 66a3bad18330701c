using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Control;

namespace PgHa.Agent.Postgres;

/// <summary>Whether this node has become primary, and what is due once it has.</summary>
internal sealed class BecomingPrimary(DataDirectory data, SlotSteps slots, PhysicalSlots physical)
{
    /// <summary>Once it accepts writes its logical slots are originals, and it keeps WAL for the other nodes.</summary>
    internal async Task<StepResult> BecameAsync(StepResult writable)
    {
        if (writable.Failure is not null)
            return writable;
        slots.BecamePrimary();
        return writable with { Evidence = writable.Evidence + await physical.EnsureAsync(CancellationToken.None) };
    }

    /// <summary>The server's control file shows no checkpoint of its own and no production: nobody can have written.</summary>
    internal bool NeverOpened(Parsed<ControlFile> before)
    {
        var now = data.ReadControl();
        return before.IsOk && now.IsOk
            && now.Value.CheckPoint == before.Value.CheckPoint && now.Value.State != DbState.InProduction;
    }
}
