namespace PgHa.Simulation;

/// <summary>What is hard on synchronous replication, and on pledges.</summary>
internal static partial class Moves
{
    /// <summary>Added to the moves of a schedule, or in their place.</summary>
    internal static Move[] WithCommitsThatWait(Random random, IReadOnlyList<string> names, Move[] moves)
    {
        Move[] hard = random.Next(9) switch
        {
            7 or 8 => Revoked(random, names),
            0 or 1 => Flaps(random, names),
            2 => Pledging(random, names),
            3 => Changed(random, names),
            4 => BothLost(random, names),
            5 => InTurn(random, names),
            _ => [],
        };
        return random.Next(3) switch { 0 => [.. hard, .. moves], 1 => [.. moves, .. hard], _ when hard.Length > 0 => hard, _ => moves };
    }

    /// <summary>The primary is away again and again, for about as long as it takes until its standbys pledge, or take their pledges back.</summary>
    private static Move[] Flaps(Random random, IReadOnlyList<string> names) =>
    [
        .. Enumerable.Range(0, random.Next(2, 6)).Select(_ => At(random.Next(300, 9000), random.Next(7) switch
        {
            5 or 6 => Silence(names[0], random.Next(500, 9000)),
            0 => Hang(names[0], random.Next(500, 9000)),
            1 => Isolate(Any(random, names), [.. names, SimEtcd.Name], random.Next(500, 7000)),
            _ => Isolate(names[0], [.. names, SimEtcd.Name], random.Next(500, 9000)),
        })),
    ];

    /// <summary>The primary is lost, and while its standbys pledge their agents end, their machines crash, or etcd answers badly.</summary>
    private static Move[] Pledging(Random random, IReadOnlyList<string> names) =>
    [
        At(random.Next(0, 2000), random.Next(4) switch
        {
            0 => Reboot(names[0], random.Next(3000, 30000)),
            1 => Isolate(names[0], [.. names, SimEtcd.Name], random.Next(2000, 20000)),
            _ => Silence(names[0], random.Next(1500, 20000)),
        }),
        At(random.Next(300, 2600), random.Next(3) == 0 ? EtcdLoses(random.Next(20, 70), random.Next(500, 9000)) : KillAgent(Any(random, names), random.Next(20, 2500))),
        .. Enumerable.Range(0, random.Next(0, 3)).Select(_ => At(random.Next(0, 900), random.Next(3) switch
        {
            0 => Reboot(Any(random, names), random.Next(300, 6000)),
            1 => KillServer(Any(random, names)),
            _ => KillAgent(Any(random, names), random.Next(20, 2500)),
        })),
    ];

    /// <summary>The primary can be asked nothing, and goes on, and the agent of a standby ends about when that has pledged; maybe it had pledged in vain before, and etcd is slow.</summary>
    private static Move[] Revoked(Random random, IReadOnlyList<string> names)
    {
        var standby = names[1 + random.Next(names.Count - 1)];
        return
        [
            .. random.Next(2) == 0 ? [At(0, Silence(names[0], random.Next(1200, 4000))), At(random.Next(4000, 9000), EtcdSlow(random.Next(1000, 9000)))] : Array.Empty<Move>(),
            At(random.Next(0, 1000), Silence(names[0], random.Next(8000, 20000))),
            .. random.Next(2) == 0 ? [At(random.Next(0, 600), EtcdSlow(random.Next(1000, 9000)))] : Array.Empty<Move>(),
            At(random.Next(1500, 6500), KillAgent(standby, random.Next(2) == 0 ? random.Next(5, 200) : random.Next(1500, 9000))),
        ];
    }

    private static (string, Action<Field>) EtcdSlow(int back)
    {
        return ($"every third question to etcd, and answer, is on its way for long, for {back} ms", field =>
        {
            field.Etcd!.Seldom = 3;
            field.Later(back, () => field.Etcd.Seldom = SimEtcd.Usual);
        });
    }

    /// <summary>Postmaster and agent are stopped: nobody can ask them anything, and commits go on until the guard ends the server.</summary>
    internal static (string Words, Action<Field> Play) Silence(string name, int back)
    {
        return ($"postmaster and agent of {name} are stopped for {back} ms", field =>
        {
            var (server, run) = (field[name].Server, field[name].Server.Run);
            if (!field[name].Guard.IsOnDuty && !server.InRecovery)
                return; // nothing would end it
            server.Deaf = server.Phase == ServerPhase.Up;
            field[name].Agent?.Process.Freeze(TimeSpan.FromMilliseconds(back));
            field.Later(back, () => server.Deaf &= server.Run != run);
        });
    }

    /// <summary>A standby does not keep up, or comes back, so that commits are to wait for others; in the middle of it an agent ends, and the primary is lost.</summary>
    private static Move[] Changed(Random random, IReadOnlyList<string> names)
    {
        var standby = names[1 + random.Next(names.Count - 1)];
        var away = random.Next(3000, 9000);
        return
        [
            At(random.Next(0, 1500), random.Next(3) == 0 ? Reboot(standby, away) : Isolate(standby, [.. names], away)),
            At(random.Next(2500, 5000) + (random.Next(2) == 0 ? away : 0), random.Next(2) == 0 ? KillAgent(names[0], random.Next(20, 1500)) : Isolate(names[0], [SimEtcd.Name], random.Next(200, 1500))),
            At(random.Next(0, 2500), random.Next(2) == 0 ? Reboot(names[0], random.Next(9000, 40000)) : Isolate(names[0], [.. names, SimEtcd.Name], random.Next(6000, 40000))),
        ];
    }

    /// <summary>The primary is lost, and a standby with it.</summary>
    private static Move[] BothLost(Random random, IReadOnlyList<string> names) =>
    [
        At(random.Next(0, 3000), random.Next(2) == 0 ? Reboot(names[0], random.Next(3000, 40000)) : Isolate(names[0], [.. names, SimEtcd.Name], random.Next(3000, 40000))),
        At(random.Next(0, 1500), Reboot(names[1 + random.Next(names.Count - 1)], random.Next(2000, 30000))),
    ];

    /// <summary>One node after the other is lost for a while.</summary>
    private static Move[] InTurn(Random random, IReadOnlyList<string> names) =>
        [.. names.Concat(names).Select(name => At(random.Next(1500, 9000), random.Next(2) == 0 ? Reboot(name, random.Next(500, 12000)) : Isolate(name, [.. names, SimEtcd.Name], random.Next(1000, 12000))))];
}
