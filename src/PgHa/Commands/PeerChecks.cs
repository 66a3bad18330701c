using System.Net.Security;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Agent.Peers;
using PgHa.Agent.Plans;
using PgHa.Agent.Security;
using PgHa.Client.Facts;

namespace PgHa.Commands;

/// <summary>
/// What a role change would need, tried now and in both directions: each agent answers, each data directory is usable, each node can
/// log in to every other running node and its role may do there what a copy and a rewind need. The logins are checked before the first stop of a switchover, too.
/// </summary>
internal static class PeerChecks
{
    internal static async Task<int> RunAsync(AgentOptions options, Func<NodeOptions, string?> token, SslStreamCertificateContext? certificate, CancellationToken cancel)
    {
        var nodes = options.Nodes.Select(n => PeerServices.Outside(n, options, new AccessToken(token(n), TimeProvider.System), new(() => certificate), TimeProvider.System)).ToArray();
        var view = await new ClusterObserver([.. nodes.Select(n => n.Node)], TimeProvider.System).ObserveAsync(fresh: true, cancel);
        var failures = DebianStart(options.Postgres) ? 0 : 1;
        foreach (var seen in view.Nodes)
            failures += Report($"{seen.Node}: {seen.State.Words()}", seen.Problem ?? seen.DataProblem, "look at its agent and its server log") ? 0 : 1;
        foreach (var seen in view.Nodes.Where(n => n.Reachable))
            failures += Report($"{seen.Node}: its server is nobody else's", OwnerRules.Problem(seen), seen.ServerOwner is { } owner ? OwnerRules.WayOut(owner) : "") ? 0 : 1;
        foreach (var seen in view.Nodes)
            Warn(options, seen);
        var own = options.Identity;
        foreach (var seen in view.Nodes.Where(n => n.Reachable))
            failures += Agrees(own, seen) ? 0 : 1;
        var agreeing = view.Nodes.Where(n => n.Reachable && n.AnswersAs is null && n.Identity?.Digest == own.Digest).Select(n => n.Node).ToHashSet();
        foreach (var seen in view.Nodes.Where(n => n.Reachable && n.DataProblem is null))
            failures += await NextStartAsync(nodes.First(n => n.Node.Name == seen.Node).Node, cancel) ? 0 : 1;
        foreach (var node in nodes.Select(n => n.Acting).Where(n => agreeing.Contains(n.Name))) // the others would refuse, and know other nodes
            foreach (var upstream in view.Except(node.Name).Where(u => u.Server == ServerStatus.Running && agreeing.Contains(u.Node)))
                failures += await CheckAsync(node, new CheckRole(node.Name, upstream.Node), own, cancel) && await CheckAsync(node, new CheckUpstream(node.Name, upstream.Node), own, cancel) ? 0 : 1;
        Console.WriteLine(failures == 0 ? "all checks passed" : $"{failures} checks failed");
        return failures == 0 ? 0 : 1;
    }

    /// <summary>Its agent describes the cluster as this file does.</summary>
    private static bool Agrees(ClusterIdentity own, NodeObservation seen)
    {
        var difference = seen.AnswersAs is not null ? AgreementRules.Refuse(new ClusterView([seen])) : AgreementRules.Disagree([("this file", own), (seen.Node, seen.Identity)]);
        return Report($"{seen.Node}: its agent lists the same cluster and nodes", difference?.Message, difference?.Hint ?? "");
    }

    /// <summary>Whether its server would start again, in either role.</summary>
    private static async Task<bool> NextStartAsync(INode node, CancellationToken cancel)
    {
        var next = await node.NextStartAsync(cancel);
        var problem = next.IsOk ? StartRules.RefuseAsPrimary(next.Value, standbys: true) ?? RecoveryRules.Refuse(next.Value, null, new Dictionary<string, string>()) : next.Refusal;
        foreach (var named in next.IsOk ? StartRules.Named(next.Value) : [])
            Console.WriteLine($"warn  {named.Words}");
        foreach (var words in next.IsOk ? next.Value.Pending : [])
            Console.WriteLine($"warn  {node.Name}: pending until its next start: {words}");
        return Report($"{node.Name}: its server would start again, as primary and as standby", problem?.Message, problem?.Hint ?? "");
    }

    private static async Task<bool> CheckAsync(IActingNode node, Step step, ClusterIdentity own, CancellationToken cancel)
    {
        var id = "check-" + Guid.NewGuid().ToString("N");
        var taken = await node.LockAsync(new(id, node.Name, "", step.Words, own), cancel);
        if (taken.Value is not { Granted: true })
            return Report(step.Words, taken.Refusal?.Message ?? $"another operation is running: {taken.Value?.Holder?.Goal}", "try again when it has ended");
        try
        {
            var result = await node.RunAsync(step, id, cancel);
            return Report(step.Words, result.Failure?.Message, result.Failure?.Hint ?? "");
        }
        finally
        {
            await node.UnlockAsync(id, CancellationToken.None);
        }
    }

    /// <summary>Debian's start.conf must not say auto: an old primary would come up writable at boot, past every check (fact 9).</summary>
    private static bool DebianStart(PostgresOptions postgres)
    {
        var file = postgres.ConfigFile is { } config ? Path.Combine(Path.GetDirectoryName(config)!, "start.conf") : null;
        if (file is null || !File.Exists(file))
            return true;
        var auto = SmallFile.Lines(file).Any(l => l.Trim() == "auto");
        return Report($"{file} does not start PostgreSQL by itself", auto ? "it says auto" : null, $"write manual into {file}");
    }

    /// <summary>What works, and may fill a disk or strand a node one day.</summary>
    private static void Warn(AgentOptions options, NodeObservation seen)
    {
        if (seen.Sql?.MaxSlotWalKeepSize == "-1")
            Console.WriteLine($"warn  {seen.Node}: max_slot_wal_keep_size is -1: a replication slot may hold back WAL until the disk is full\n"
                + $"      psql -h {Node(options, seen).PostgresHost} -p {Node(options, seen).PostgresPort} -d {options.Postgres.Database} "
                + $"-c \"ALTER SYSTEM SET max_slot_wal_keep_size = '{PostgresOptions.DefaultSlotKeepSize}'\" -c \"SELECT pg_reload_conf()\"");
        if (seen.ReplayProblem is { } replay)
            Console.WriteLine($"warn  {seen.Node}: {(seen.Sql!.Streaming ? "it streams, but " : "")}{replay}"
                + (seen.Sql.Held!.ForGood ? $"\n      hint: {ReplayRules.WayOut(seen.Node, seen.Sql.Held)}" : ""));
        if (seen.SlotProblem is { } problem)
            Console.WriteLine($"warn  {seen.Node}: slots for the other nodes cannot be kept: {problem}");
    }

    private static NodeOptions Node(AgentOptions options, NodeObservation seen) => options.Nodes.First(n => n.Name == seen.Node);

    private static bool Report(string what, string? problem, string hint)
    {
        Console.WriteLine(problem is null ? $"ok    {what}" : $"FAIL  {what}: {problem}\n      hint: {hint}");
        return problem is null;
    }
}
