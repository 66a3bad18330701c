using PgHa.Agent.Succession;

namespace PgHa.Simulation;

/// <summary>Machines that are shut down: systemd asks the agent first.</summary>
internal static partial class Moves
{
    private static readonly TimeSpan Inhibited = TimeSpan.FromSeconds(15);

    /// <summary>One or two of the machines are shut down on the way, perhaps while another is.</summary>
    internal static Move[] WithHandovers(Random random, IReadOnlyList<string> names, Move[] moves)
    {
        var before = random.Next(moves.Length + 1);
        return
        [
            .. moves[..before],
            At(random.Next(0, 6000), ShutDown(names[0], random.Next(1000, 40000))),
            .. random.Next(3) == 0 ? [At(random.Next(0, 6000), ShutDown(Any(random, names), random.Next(1000, 40000)))] : Array.Empty<Move>(),
            .. moves[before..],
        ];
    }

    /// <summary>The machine goes down when the agent has handed its place over, or when that has taken too long, and comes back.</summary>
    internal static (string Words, Action<Field> Play) ShutDown(string name, int back) => ($"the machine of {name} is shut down, and is back {back} ms later", field =>
    {
        var (machine, boot) = (field[name], field[name].Boot);
        void GoDown()
        {
            if (machine.Boot != boot)
                return;
            machine.Crash();
            field.Later(back, machine.StartAgent);
        }

        if (machine.Agent is { Process.Works: true, Failover: { } failover } agent)
            agent.Process.Begin(async () =>
            {
                field.World.Trace.Add(field.World, name, $"goes down: {await SayAsync(failover.Handover)}");
                field.Later(0, GoDown);
            });
        field.Later((int)Inhibited.TotalMilliseconds + 1000, GoDown);
    });

    /// <summary>Where the agent cannot note what it does the call fails, and the machine goes down all the same.</summary>
    private static async Task<string> SayAsync(MachineHandover handover)
    {
        try
        {
            return (await handover.RunAsync(Inhibited)).Said;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}
