using PgHa.Agent.Leadership;

namespace PgHa.Simulation;

/// <summary>What a machine has promised, on its disk.</summary>
internal sealed class SimPromiseDisk(SimDisk disk) : IPromiseDisk
{
    public Promise? Read() => disk.Promise;

    public void Write(Promise promise)
    {
        disk.Write();
        disk.Promise = promise;
    }

    public void Forget()
    {
        disk.Write();
        disk.Promise = null;
    }
}
