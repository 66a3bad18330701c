using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent.Etcd;

/// <summary>What is asked for.</summary>
/// <param name="Options">The configuration.</param>
/// <param name="Name">The member: a node's or a witness's name.</param>
/// <param name="Replaces">It has lost its data and joins again as a new member.</param>
/// <param name="Dry">Nothing is written and nobody is called.</param>
/// <param name="Command">How a person would start it, for hints.</param>
public sealed record MemberOrder(AgentOptions Options, string Name, bool Replaces, bool Dry, string Command)
{
    /// <summary>How a person would have it replaced.</summary>
    internal string ReplaceCommand
    {
        get
        {
            var words = Command.Split(' ', 3);
            return string.Join(' ', [words[0], words[1], "replace", .. words.Skip(2)]);
        }
    }
}

/// <summary>etcd with its flags.</summary>
/// <param name="Program">Its path.</param>
/// <param name="Arguments">The flags.</param>
public sealed record MemberRun(string Program, IReadOnlyList<string> Arguments)
{
    private static readonly string[] Proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

    /// <summary>This process becomes etcd, with the same pid. Its own variables, which could change it behind the configuration, and proxies are left out.</summary>
    /// <exception cref="IOException">The program cannot be run.</exception>
    public void Become(IReadOnlyDictionary<string, string> environment) => Linux.Become(Program, ["etcd", .. Arguments],
        environment.Where(e => !e.Key.StartsWith("ETCD_", StringComparison.Ordinal) && !Proxies.Contains(e.Key.ToUpperInvariant())).Select(e => $"{e.Key}={e.Value}"));
}

/// <summary>Prepares the start of a member of our own etcd on this machine.</summary>
public static class MemberStart
{
    private static readonly TimeSpan Call = TimeSpan.FromSeconds(3);

    /// <summary>What is to be run, or why not.</summary>
    /// <param name="order">What is asked for.</param>
    /// <param name="path">Where programs are looked for, as in PATH.</param>
    /// <param name="time">The clock.</param>
    /// <param name="say">Receives what is done.</param>
    /// <param name="cancel">Ends it.</param>
    public static async Task<(MemberRun? Run, Complaint? Why)> PrepareAsync(MemberOrder order, string? path, TimeProvider time, Action<string> say, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(order);
        var (self, unfit) = Find(order);
        if (self is null)
            return (null, unfit);
        var (program, missing) = await EtcdProgram.FindAsync(EtcdProgram.Folders(path), time, cancel);
        if (program is null)
            return (null, missing);
        var etcd = order.Options.Failover.Etcd!;
        var files = new MemberFiles(order.Options.State);
        var plan = new MemberPlan(self, etcd, order.Options.Cluster, order.Options.State.EtcdData, []) { Joins = order.Replaces };
        if ((MemberCertificate.Refuse(self, etcd) ?? files.Problem() ?? RefuseHere(order, plan, files.Look())) is { } refused)
            return (null, refused);
        var (listen, noPlace) = await MemberPlace.FindAsync(self, tried: !order.Dry, cancel);
        if (noPlace is not null)
            return (null, noPlace);
        var (ready, why) = order.Dry ? (plan, null) : order.Replaces ? await ReplaceAsync(plan, files, time, say, cancel) : await StartAsync(order, plan, files, time, cancel);
        return ready is null ? (null, why) : (new(program, MemberFlags.Of(ready with { Listen = listen })), null);
    }

    private static (EtcdMember? Self, Complaint? Why) Find(MemberOrder order)
    {
        if (order.Options.Failover.Etcd is not { IsBeside: true } etcd)
            return (null, new("failover.etcd is not beside: pgha does not run etcd for this cluster", "write failover.etcd: beside, or run etcd as you like and name its URLs there"));
        return etcd.Members.FirstOrDefault(m => m.Name == order.Name) is { } self ? (self, null)
            : (null, new($"{order.Name} is neither a node nor a witness of this cluster", $"its members of etcd are {string.Join(", ", etcd.Members.Select(m => m.Name))}"));
    }

    private static Complaint? RefuseHere(MemberOrder order, MemberPlan plan, MemberFacts here) => order.Replaces
        ? MemberRules.RefuseReplace(here, plan, order.Command, order.ReplaceCommand)
        : MemberRules.RefuseStart(here, plan, order.ReplaceCommand);

    private static async Task<(MemberPlan? Plan, Complaint? Why)> StartAsync(MemberOrder order, MemberPlan plan, MemberFiles files, TimeProvider time, CancellationToken cancel)
    {
        if (!files.Look().HasWal && await RefuseNewAsync(order, plan, time, cancel) is { } known)
            return (null, known);
        files.Mark();
        return (plan, null);
    }

    /// <summary>Others that cannot be reached may not run yet, when all begin. One that answers, but not to us, is another matter.</summary>
    private static async Task<Complaint?> RefuseNewAsync(MemberOrder order, MemberPlan plan, TimeProvider time, CancellationToken cancel)
    {
        foreach (var other in plan.Etcd.Members.Where(m => m != plan.Self))
        {
            var (client, error) = EtcdClient.Create(plan.Etcd with { Endpoints = [other.Client] }, time);
            if (client is null)
                return new(error!.Message, error.Hint);
            using (client)
            {
                var members = await client.MembersAsync(Call, cancel);
                if (members.IsOk && MemberRules.RefuseNew(members.Value, plan.Self, order.ReplaceCommand) is { } refused)
                    return refused;
                if (members.Outage is { } outage && outage.Hint != Outage.UsualHint)
                    return new($"the other members cannot be asked whether they know {plan.Self.Name}: {outage.Reason}", outage.Hint);
            }
        }
        return null;
    }

    private static async Task<(MemberPlan? Plan, Complaint? Why)> ReplaceAsync(MemberPlan plan, MemberFiles files, TimeProvider time, Action<string> say, CancellationToken cancel)
    {
        var (others, error) = EtcdClient.Create(plan.Etcd with { Endpoints = [.. plan.Etcd.Members.Where(m => m != plan.Self).Select(m => m.Client)] }, time);
        if (others is null)
            return (null, new(error!.Message, error.Hint));
        using (others)
        {
            files.Mark(); // a plain start may not begin a new etcd from here on
            return await new MemberReplacement(others, plan, time, say).RunAsync(cancel);
        }
    }
}
