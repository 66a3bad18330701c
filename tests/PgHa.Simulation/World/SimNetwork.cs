using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Simulation;

/// <summary>
/// What agents say to each other travels here: it takes a moment, waits while a link is cut, may arrive twice, and is lost where a process ends.
/// A cut link is noticed by nobody; an ended process by whoever is connected to it.
/// </summary>
internal sealed class SimNetwork(Field field)
{
    private static readonly TimeSpan Retransmission = TimeSpan.FromMilliseconds(400);
    private readonly HashSet<(string From, string To)> _cut = [];
    private readonly Dictionary<(string, string), long> _gone = [];

    /// <summary>How late an order comes once more; null: it comes once.</summary>
    internal Func<Step, TimeSpan?> Repeats { get; set; } = _ => field.World.Random.Next(60) == 0 ? field.World.Between(0, 4000) : null;

    internal bool Linked(SimMachine from, SimMachine to) => from == to || !_cut.Contains((from.Name, to.Name));

    internal bool Linked(string from, string to) => !_cut.Contains((from, to));

    internal void Cut(string from, string to) => _cut.Add((from, to));

    internal void Mend(string from, string to) => _cut.Remove((from, to));

    internal void MendAll() => _cut.Clear();

    /// <summary>Asks another agent; what is on the way does not throw.</summary>
    internal Task<T> CallAsync<T>(SimAgent from, SimMachine to, TimeSpan within, TimeSpan? again, Func<SimAgent, CancellationToken, Task<T>> serve, Func<Refusal, T> away, CancellationToken cancel)
    {
        var call = new Call<T>(this, from, to, serve, away);
        call.Begin(within, again, cancel);
        return call.Answer;
    }

    /// <summary>Until a machine that does not answer counts as gone: shorter for a while where it did not answer just now.</summary>
    private TimeSpan Patience(SimMachine from, SimMachine to)
    {
        var now = field.World.Now;
        var again = _gone.TryGetValue((from.Name, to.Name), out var last) && now - last < TimeSpan.FromSeconds(15).Ticks;
        _gone[(from.Name, to.Name)] = now;
        return again ? TimeSpan.FromSeconds(0.3) : TimeSpan.FromSeconds(2);
    }

    private TimeSpan Delay() => field.World.Random.Next(100) == 0 ? Retransmission : TimeSpan.FromMicroseconds(field.World.Random.Next(100, 3000));

    /// <summary>Arrives when the link is there again, if the receiver lives then.</summary>
    private void Send(SimMachine from, SimMachine to, SimProcess receiver, Action act) => field.World.After(Delay(), receiver, () =>
    {
        if (Linked(from, to))
            act();
        else
            Send(from, to, receiver, Retransmission, act);
    });

    private void Send(SimMachine from, SimMachine to, SimProcess receiver, TimeSpan wait, Action act) => field.World.After(wait, receiver, () =>
    {
        if (Linked(from, to))
            act();
        else
            Send(from, to, receiver, wait, act);
    });

    private sealed class Call<T>(SimNetwork network, SimAgent from, SimMachine to, Func<SimAgent, CancellationToken, Task<T>> serve, Func<Refusal, T> away)
    {
        private readonly TaskCompletionSource<T> _answer = new();
        private readonly World _world = from.Process.World;

        internal Task<T> Answer => _answer.Task;

        internal void Begin(TimeSpan within, TimeSpan? again, CancellationToken cancel)
        {
            _world.After(within, from.Process, () => Fail("no answer in time"));
            if (!network.Linked(from.Machine, to) || !network.Linked(to, from.Machine))
            {
                _world.After(network.Patience(from.Machine, to), from.Process, () => Fail("no connection"));
                return;
            }
            if (to.Agent is not { Process.Alive: true } target)
            {
                _world.After(network.Delay(), from.Process, () => Fail("connection refused"));
                return;
            }
            Arrive(target, cancel);
            if (again is { } late)
                _world.After(late, from.Process, () => Arrive(target, CancellationToken.None));
        }

        private void Arrive(SimAgent target, CancellationToken cancel)
        {
            var aborted = new CancellationTokenSource();
            network.Send(from.Machine, to, target.Process, () => target.Process.Begin(() => ServeAsync(target, aborted.Token)));
            void Abort() => network.Send(from.Machine, to, target.Process, aborted.Cancel);
            from.Process.AtEnd(Abort);
            target.Process.AtEnd(() => network.Send(to, from.Machine, from.Process, () => Fail("connection reset")));
            cancel.Register(() =>
            {
                _answer.TrySetCanceled(cancel);
                Abort();
            });
        }

        private async Task ServeAsync(SimAgent target, CancellationToken aborted)
        {
            T answer;
            try
            {
                answer = await serve(target, aborted);
            }
            catch (OperationCanceledException) when (aborted.IsCancellationRequested)
            {
                return;
            }
            network.Send(to, from.Machine, from.Process, () => _answer.TrySetResult(answer));
        }

        private void Fail(string why) => _answer.TrySetResult(away(new(Code.PeerUnreachable, $"the agent of {to.Name} does not answer: {why}", $"start the agent of {to.Name}, or look at the network")));
    }
}
