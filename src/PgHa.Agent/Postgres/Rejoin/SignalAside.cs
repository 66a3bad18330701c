using System.Text;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Takes <c>standby.signal</c> away for as long as a server runs in single-user mode, which does not start with it. A start
/// by hand meanwhile would make a primary. So the file comes back however that ends, and if the agent was killed, when it is back.
/// </summary>
internal sealed class SignalAside(AgentOptions options, DataDirectory data)
{
    private string Marker => options.State.SignalAside;

    /// <summary>Takes it away, if it is there, until the answer is disposed.</summary>
    internal Taken Take()
    {
        if (!data.HasStandbySignal)
            return new(() => { });
        DurableFile.Replace(Marker, Encoding.UTF8.GetBytes(Words));
        DurableFile.Remove(data.StandbySignal);
        return new(PutBack);
    }

    /// <summary>
    /// Puts back what an agent that was killed had taken away, unless a server was started there since: then an operator has decided otherwise.
    /// If that cannot be read it is put back, because a standby too many can be promoted, and a second primary cannot be undone.
    /// </summary>
    internal void RecoverAfterCrash()
    {
        if (!File.Exists(Marker))
            return;
        if (Said() is null or true)
            PutBack();
        else
            DurableFile.Remove(Marker);
    }

    /// <summary>Whether the marker speaks of the directory as it is; null if that cannot be read.</summary>
    private bool? Said()
    {
        try
        {
            return SmallFile.Text(Marker) == Words;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>This directory, and its last start; one in single-user mode is none.</summary>
    private string Words => $"{data.Root}\n{data.LastStart}\n";

    private void PutBack()
    {
        DurableFile.Touch(data.StandbySignal);
        DurableFile.Remove(Marker);
    }

    /// <summary>It is away.</summary>
    internal sealed class Taken(Action putBack) : IDisposable
    {
        /// <summary>It is there again, if it was.</summary>
        public void Dispose() => putBack();
    }
}
