namespace PgHa.Simulation;

/// <summary>Clients that commit rows wherever a server accepts them, and remember each one that was acknowledged.</summary>
internal sealed class Clients(Field field)
{
    private readonly Random _random = new(field.World.Random.Next());
    private long _row;

    internal bool Stopped { get; set; }

    internal void Begin() => Next();

    private void Next()
    {
        if (Stopped)
            return;
        var pause = _random.Next(4) == 0 ? _random.Next(1, 15) : _random.Next(20, 400);
        field.World.After(TimeSpan.FromMilliseconds(pause), null, () =>
        {
            Commit();
            Next();
        });
    }

    private void Commit()
    {
        var open = field.Machines.Where(m => m.Server.Accepts).ToArray();
        if (open.Length == 0)
            return;
        var (machine, row) = (open[_random.Next(open.Length)], ++_row);
        machine.Server.Insert(row, () =>
        {
            field.Absences?.Acknowledged(machine, row);
            field.Ledger.Acknowledge(row, machine.Name);
        });
    }
}
