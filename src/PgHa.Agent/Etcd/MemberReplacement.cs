using PgHa.Agent.Configuration;

namespace PgHa.Agent.Etcd;

/// <summary>
/// Exchanges a member that has lost its data for a new one of the same name: out, in, join. It looks before each step, so that a replacement that was
/// interrupted anywhere goes on when it is called again.
/// </summary>
internal sealed class MemberReplacement(EtcdClient others, MemberPlan plan, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1), Call = TimeSpan.FromSeconds(5), Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>The plan to join with, or why it cannot.</summary>
    internal async Task<(MemberPlan? Plan, Complaint? Why)> RunAsync(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var members = await others.MembersAsync(Call, cancel);
            var outage = members.Outage;
            if (members.IsOk)
            {
                var next = MemberRules.Next(members.Value, plan);
                if (next is Replacing.Join join)
                    return (plan with { Joins = true, InitialCluster = join.InitialCluster }, null);
                outage = await DoAsync(next, cancel);
            }
            if (outage is not null && time.GetElapsedTime(begun) > Patience)
                return (null, new($"the other members do not exchange {plan.Self.Name}: {outage.Reason}", outage.Hint));
            if (outage is not null)
                await Task.Delay(Pause, time, cancel);
        }
    }

    private async Task<Outage?> DoAsync(Replacing next, CancellationToken cancel)
    {
        if (next is Replacing.Remove old)
        {
            say($"the old member {plan.Self.Name} ({old.Id:x}) is removed");
            return (await others.RemoveMemberAsync(old.Id, Call, cancel)).Outage;
        }
        say($"a new member {plan.Self.Name} is added at {MemberPlan.Url(plan.Self.Peer)}");
        return (await others.AddMemberAsync(MemberPlan.Url(plan.Self.Peer), Call, cancel)).Outage;
    }
}
