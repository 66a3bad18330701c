using System.Net.Sockets;
using PgHa.Agent.Guard;

namespace PgHa.Agent.Tests.Guard;

/// <summary>An agent's link to something that is no guard any more. What it does with real guards is in the cluster tests.</summary>
[Trait("Category", "Fast")]
public sealed class GuardLinkTests
{
    private const int Tries = 4;

    /// <summary>Each link that ended unanswered was replaced by five more, and nobody got his turn.</summary>
    [Fact]
    public async Task Whoever_accepts_and_never_answers_is_not_called_for_ever()
    {
        var cancel = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("pgha-link").FullName;
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, "guard")));
        listener.Listen();
        var answering = AnswerOnce(listener, cancel);
        await using (var link = new GuardLink(folder, Path.Combine(folder, "guard"), "/bin/true", TimeProvider.System))
        {
            var until = TimeSpan.FromHours(1);
            Assert.Equal(until, await link.SetAsync(until, cancel));
            using var first = await answering;
            var tried = new TaskCompletionSource();
            var others = HangUp(listener, tried);
            first.Close();
            await tried.Task.WaitAsync(TimeSpan.FromSeconds(20), cancel); // all that one replacement tries
            Assert.True(await link.RestAsync(cancel).WaitAsync(TimeSpan.FromSeconds(20), cancel));
            listener.Close();
            Assert.InRange(await others, Tries, Tries + 3);
        }
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<Socket> AnswerOnce(Socket listener, CancellationToken cancel)
    {
        var link = await listener.AcceptAsync(cancel);
        var line = new byte[100];
        var length = await link.ReceiveAsync(line, cancel);
        await link.SendAsync(line.AsMemory(0, length), cancel);
        return link;
    }

    /// <summary>How many have called until it was closed.</summary>
    private static async Task<int> HangUp(Socket listener, TaskCompletionSource tried)
    {
        for (var count = 0; ; count++)
            try
            {
                if (count == Tries)
                    tried.SetResult();
                (await listener.AcceptAsync()).Dispose();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return count;
            }
    }
}
