using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>This node's answers to a holder of the record that cannot ask etcd: looks, asks <see cref="PromiseRules"/>, and writes the promise down.</summary>
internal sealed partial class Promising(AgentOptions options, Tenure tenure, ISurroundings surroundings, ClusterObserver cluster, OwnPromise promise, ILogger<Promising> log)
{
    private (string To, long Epoch)? _said;

    /// <summary>Promises it, or says why not. While this node is about to take the record, or to give it up, that is waited for.</summary>
    /// <param name="wanted">What is asked for.</param>
    /// <param name="identity">The digest of the asking agent's cluster; null: it did not say.</param>
    /// <param name="cancel">Ends it. It may hold all the same.</param>
    internal async Task<Answer<StayRequest>> AnswerAsync(StayRequest wanted, string? identity, CancellationToken cancel)
    {
        var own = await cluster[options.Node].ObserveAsync(fresh: true, cancel);
        return await tenure.AloneAsync<Answer<StayRequest>>(keeps =>
        {
            var seen = new PromiseSights
            {
                Own = own,
                IsSet = options.Failover.StayWithoutEtcd,
                Agrees = identity == options.Identity.Digest,
                KeepsRecord = keeps,
                Epoch = surroundings.Epoch,
                Record = tenure.Sight?.Record,
                Pledged = surroundings.Pledged,
                Standing = promise.Standing,
            };
            if (PromiseRules.Refuse(seen, wanted) is { } refusal)
                return refusal;
            if (promise.Give(wanted.Node, wanted.Epoch, TimeSpan.FromMilliseconds(wanted.ForMilliseconds)) is { } problem)
                return new Refusal(Code.StepFailed, $"{options.Node} cannot write down what it promises: {problem}", $"look at the disk of {options.StateDir} on {options.Node}");
            Say(wanted, seen.Standing is null);
            return wanted;
        }, cancel);
    }

    /// <summary>Once while it lasts: it is asked for again and again.</summary>
    private void Say(StayRequest wanted, bool begins)
    {
        if (begins || _said != (wanted.Node, wanted.Epoch))
            LogPromised(options.Node, wanted.Node, wanted.Epoch, wanted.ForMilliseconds / 1000.0);
        _said = (wanted.Node, wanted.Epoch);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Node} has promised {Holder}, which holds the record of epoch {Epoch} and cannot ask etcd, not to become writable for {Seconds} s; that is asked for again while etcd is out")]
    private partial void LogPromised(string node, string holder, long epoch, double seconds);
}
