using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent.Etcd;

/// <summary>What a member keeps in <c>state_dir</c>: its data, and outside of them the mark that it was one.</summary>
internal sealed class MemberFiles(StateFiles state)
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    internal MemberFacts Look() => new(
        Directory.Exists(Wal) && Directory.EnumerateFiles(Wal, "*.wal").Any(),
        Directory.Exists(state.EtcdData) && Directory.EnumerateFileSystemEntries(state.EtcdData).Any(),
        File.Exists(state.EtcdMember));

    /// <summary>Why this user cannot run a member here; null: he can.</summary>
    internal Complaint? Problem()
    {
        if (Linux.Look(state.Root) is not { Error: 0 } found)
            return null; // it is made
        return found.Owner == Linux.User ? null
            : new($"{state.Root} belongs to {Linux.NameOf(found.Owner)}, and this is {Linux.NameOf(Linux.User)}", $"run it as {Linux.NameOf(found.Owner)}: runuser -u {Linux.NameOf(found.Owner)} -- pgha …");
    }

    /// <summary>From now on this machine counts as one that had a member.</summary>
    internal void Mark()
    {
        Directory.CreateDirectory(state.Root);
        Linux.SyncDirectory(Path.GetDirectoryName(state.Root)!);
        DurableFile.Touch(state.EtcdMember);
        Directory.CreateDirectory(state.EtcdData, Own);
        File.SetUnixFileMode(state.EtcdData, Own);
    }

    private string Wal => Path.Combine(state.EtcdData, "member", "wal");
}
