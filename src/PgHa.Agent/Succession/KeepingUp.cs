namespace PgHa.Agent.Succession;

/// <summary>Notes which standbys keep up with the primary here.</summary>
internal sealed class KeepingUp(TimeProvider time)
{
    private static readonly TimeSpan KeepsUpWithin = TimeSpan.FromSeconds(3);
    private readonly Dictionary<string, (ulong Goal, long Since)> _goals = [];

    /// <summary>Whether a standby has flushed within a while what the primary had. To be asked at each look.</summary>
    internal bool KeepsUp(string standby, SyncLook look)
    {
        if (!look.Streaming.TryGetValue(standby, out var flushed))
        {
            _goals.Remove(standby);
            return false;
        }
        if (!_goals.TryGetValue(standby, out var goal) || flushed >= goal.Goal)
            _goals[standby] = goal = (look.Flushed, time.GetTimestamp());
        return time.GetElapsedTime(goal.Since) < KeepsUpWithin;
    }

    /// <summary>The primary of before is not this one.</summary>
    internal void Forget() => _goals.Clear();
}
