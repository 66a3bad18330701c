using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Client.Facts;
using PgHa.Formats.Control;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Looks at the local instance: process, files, then SQL. Facts only. One observation at a time (<see cref="SharedObservation"/>
/// sees to that), within a second whatever the server does.
/// </summary>
internal sealed class InstanceObserver(
    AgentOptions options, AgentBoot boot, NodeLock nodeLock, StepTrace trace, LiveOperations live, DataDirectory data, RewindMarker rewind, DirectorySwap swap, StepProgress progress, SlotProblem slots,
    ReturnState returning, SyncMemory sync, PromotionMark promotion, ServerSearch search, KnownServer known, LocalSql sql, StandbyWatch standbys, FailoverState failover, TimeProvider time) : IAsyncDisposable
{
    /// <summary>SQLSTATE cannot_connect_now: starting up, or shutting down.</summary>
    private const string CannotConnectNow = "57P03";

    private static readonly TimeSpan SqlDeadline = TimeSpan.FromMilliseconds(900);
    private static readonly TimeSpan BrokenPause = TimeSpan.FromMilliseconds(100);
    private readonly ClusterIdentity _identity = options.Identity;
    private readonly UpstreamNames _upstreams = new(options.Nodes, time);
    private (int Pid, int? Parent, ServerOwner? Owner) _owner;
    private NpgsqlConnection? _connection;
    private volatile bool _seen;

    /// <summary>Whether the server process of the last observation still lives; asked on every request, so it must cost next to nothing.</summary>
    internal bool ServerStillThere => !_seen || known.Living is not null;

    /// <summary>If anything prevents the look, the node is unknown.</summary>
    internal async Task<NodeObservation> ObserveAsync(CancellationToken cancel)
    {
        try
        {
            var seen = await ObserveAsync(lastTry: false, cancel);
            standbys.Note(seen);
            return seen;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            return Nothing() with { Problem = $"its agent cannot look at it: {e.Message}" };
        }
    }

    /// <summary>What is known without looking.</summary>
    private NodeObservation Nothing() => new()
    {
        Node = options.Node,
        BootId = boot.Id,
        Identity = _identity,
        LockedBy = nodeLock.Holder?.Operation,
        LiveOperations = live.Ids,
        LastStep = trace.Last,
        Failover = failover.Facts,
        ManagesSync = options.Failover.ManagesSync,
        Server = ServerStatus.Unseen,
    };

    private async Task<NodeObservation> ObserveAsync(bool lastTry, CancellationToken cancel)
    {
        var control = data.ReadControl();
        var problem = rewind.Problem ?? data.Problem(control);
        var facts = Nothing() with
        {
            StandbySignal = data.HasStandbySignal,
            Control = control.IsOk ? ControlFacts.From(control.Value) : null,
            DataProblem = problem,
            RewindUnfinished = rewind.Problem is not null,
            Place = problem is null ? null : swap.EmptyPlace(),
            Progress = progress.Text,
            SlotProblem = slots.Text,
            Returning = returning.Text,
            PrimarySync = sync.Last,
        };
        var server = PostmasterPid.Read(data.Root);
        var process = search.Find(server);
        _seen = process is not null;
        if (process is null)
            return await GoneAsync(facts, server, lastTry, cancel);
        facts = facts with { Promoting = promotion.IsFor(server!), ServerOwner = Owner(process.Pid) };
        if (server!.Stopping)
            return await NotAskedAsync(facts, ServerStatus.ShuttingDown, "its server is shutting down");
        if (process.Frozen)
            return await NotAskedAsync(facts, ServerStatus.NotAnswering, "its server process is frozen (stopped by a signal)");
        if (!server.AcceptsConnections)
            return await NotAskedAsync(facts, ServerStatus.Starting, null);
        return await AskAsync(facts, control.IsOk ? control.Value : null, server, process, lastTry, cancel);
    }

    public async ValueTask DisposeAsync() => await DisconnectAsync();

    /// <summary>Its unit stays what it was; its parent may end.</summary>
    private ServerOwner? Owner(int postmaster)
    {
        var parent = ServerProcess.Parent(postmaster);
        if (_owner.Pid != postmaster || _owner.Parent != parent)
            _owner = (postmaster, parent, OwnerReading.Of(postmaster));
        return _owner.Owner;
    }

    /// <summary>No postmaster. Its children may live on for a moment, and one of them may still acknowledge a commit.</summary>
    private async Task<NodeObservation> GoneAsync(NodeObservation facts, PostmasterPid? server, bool lastTry, CancellationToken cancel)
    {
        await DisconnectAsync();
        var left = search.Processes();
        if (!left.Any(found => found.Presence == Presence.Yes))
        {
            if (await search.DoubtAsync(left) is not { } doubt)
                return facts with { Server = ServerStatus.Stopped };
            // Somebody else has started a server since the first look.
            return !lastTry && search.Find(PostmasterPid.Read(data.Root)) is not null
                ? await ObserveAsync(lastTry: true, cancel)
                : facts with { Server = ServerStatus.Unseen, Problem = doubt };
        }
        // Started by somebody else this very moment: it finds standby.signal, and is a standby from the beginning.
        if (server is null && facts.StandbySignal && ServerProcess.IsOnlyBeginningOrEnding(data.Root))
            return facts with { Server = ServerStatus.Starting };
        return server is null
            ? facts with { Server = ServerStatus.NotAnswering, Problem = facts.DataProblem ?? "a server is starting or ending on its data directory" }
            : facts with { Server = ServerStatus.ShuttingDown, Problem = "its postmaster is gone, but processes of the server are still there" };
    }

    private async Task<NodeObservation> NotAskedAsync(NodeObservation facts, ServerStatus status, string? problem)
    {
        await DisconnectAsync(); // a connection of ours would delay a smart shutdown
        return facts with { Server = status, Problem = problem };
    }

    private async Task<NodeObservation> AskAsync(
        NodeObservation facts, ControlFile? control, PostmasterPid server, ServerProcess process, bool lastTry, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(SqlDeadline, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            _connection ??= await sql.OpenForObservingAsync(server, both.Token);
            var answer = await LocalSql.ObserveAsync(_connection, control, both.Token);
            if (facts.Promoting && !answer.InRecovery)
                ForgetPromotion();
            var upstream = answer is { UpstreamHost: { } host, UpstreamPort: { } port } ? await _upstreams.NodeAtAsync(host, port) : null;
            var outside = answer.Streaming && upstream is null ? $"{answer.UpstreamHost}:{answer.UpstreamPort}" : null;
            return facts with { Server = ServerStatus.Running, Sql = answer, UpstreamNode = upstream, UpstreamOutside = outside, Promoting = facts.Promoting && answer.InRecovery };
        }
        catch (PostgresException e) when (e.SqlState == CannotConnectNow)
        {
            var stopping = PostmasterPid.Read(data.Root) is not { Stopping: false };
            return await NotAskedAsync(facts, stopping ? ServerStatus.ShuttingDown : ServerStatus.Starting, e.MessageText);
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException or SocketException or IOException)
        {
            cancel.ThrowIfCancellationRequested();
            await DisconnectAsync();
            // A connection that breaks says little: the server may be ending (its children notice before it is gone), or only our
            // session was ended. Look again, once.
            if (!lastTry && !deadline.IsCancellationRequested)
            {
                await process.ExitAsync(BrokenPause, time, cancel);
                return await ObserveAsync(lastTry: true, cancel);
            }
            return await NotAskedAsync(facts, ServerStatus.NotAnswering,
                deadline.IsCancellationRequested ? "its server does not answer within a second" : $"its server refuses the agent: {e.Message}");
        }
    }

    /// <summary>It was told to become primary, and is. The agent that told it may have ended before it could note that.</summary>
    private void ForgetPromotion()
    {
        try
        {
            promotion.Clear();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // it means nothing any more, and goes at another time
        }
    }

    /// <summary>Closes the session, if there is one. Bounded, because an agent that ends may have a question under way on it.</summary>
    internal async Task DisconnectAsync()
    {
        var connection = _connection;
        _connection = null;
        if (connection is not null)
            await OneConnection.CloseAsync(connection, time);
    }
}
