using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Lock files without a word in them: the machine went down before they reached the disk. PostgreSQL refuses to start beside one
/// (<c>CreateLockFile</c> in miscinit.c), because a server that starts at this moment has not written into its own yet. That takes a
/// moment only: a file that stays empty and unchanged belongs to no server. Asked only once it is certain that nothing works in the data directory.
/// </summary>
internal sealed partial class EmptyLocks(DataDirectory data, PostgresBinaries binaries, TimeProvider time, ILogger<EmptyLocks> log)
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(500);

    internal Task RemovePidFileAsync(CancellationToken cancel) => RemoveAsync(Path.Combine(data.Root, "postmaster.pid"), cancel);

    /// <summary>After a start that failed: those of the sockets that it would have made. Whether there was one.</summary>
    internal async Task<bool> RemoveOfSocketsAsync(CancellationToken cancel)
    {
        var settings = await Task.WhenAll(binaries.SettingAsync("unix_socket_directories", cancel), binaries.SettingAsync("port", cancel));
        if (settings is not [{ IsOk: true, Value: { } folders }, { IsOk: true, Value: { } port }])
            return false;
        var removed = false;
        foreach (var folder in folders.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(f => f[0] != '@'))
        {
            var socket = Path.Combine(folder.Trim('"'), $".s.PGSQL.{port}");
            removed |= !await ListensAsync(socket, cancel) && await RemoveAsync(socket + ".lock", cancel);
        }
        return removed;
    }

    private async Task<bool> RemoveAsync(string file, CancellationToken cancel)
    {
        if (new FileInfo(file) is not { Exists: true, Length: 0 } || Linux.Look(file).Owner != Linux.User)
            return false;
        var before = Linux.Version(file);
        await Task.Delay(Moment, time, cancel);
        if (before is null || Linux.Version(file) != before)
            return false;
        DurableFile.Remove(file);
        LogRemoved(file);
        return true;
    }

    private static async Task<bool> ListensAsync(string socket, CancellationToken cancel)
    {
        using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
            return true;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return e is SocketException { SocketErrorCode: SocketError.AccessDenied }; // without permission it is not known
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "removed {File}: an empty lock file, left when the machine went down; no server uses it")]
    private partial void LogRemoved(string file);
}
