using PgHa.Agent.Postgres;

namespace PgHa.Agent.Tests.Postgres;

/// <summary>Which unit a process belongs to, from what the kernel says of its control groups.</summary>
[Trait("Category", "Fast")]
public class OwnerReadingTests
{
    [Theory]
    [InlineData("0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n", "postgresql@15-main.service")]
    [InlineData("0::/system.slice/runit.service/postgres\n", "runit.service")]
    [InlineData("12:pids:/x.service\n1:name=systemd:/system.slice/postgresql.service\n", "postgresql.service")]
    [InlineData("1:name=systemd:/system.slice/postgresql.service\n0::/\n", "postgresql.service")]
    [InlineData("1:name=systemd:/system.slice/old.service\n0::/system.slice/postgresql.service\n", "postgresql.service")]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service/app.slice/pg.service\n", "pg.service")]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", null)]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service\n", null)]
    [InlineData("0::/user.slice/user-0.slice/session-3.scope\n", null)]
    [InlineData("0::/system.slice/docker-8d3f.scope\n", null)]
    [InlineData("9:name=systemd:/\n4:memory:/process_api/e1f0\n0::/\n", null)]
    [InlineData("0::/\n", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_unit_is_the_last_service_of_the_path(string? cgroup, string? unit) => Assert.Equal(unit, OwnerReading.Unit(cgroup));

    [Theory]
    [InlineData("bash", false)]
    [InlineData("runsv", false)]
    [InlineData("supervisord", false)]
    [InlineData("systemd", true)]
    [InlineData("tini", true)]
    [InlineData("containerd-shim-runc-v2", true)]
    [InlineData("pg_ctl", true)]
    public void Who_takes_orphans_in_is_no_supervisor(string name, bool nobody) => Assert.Equal(nobody, OwnerReading.IsNoOwner(name));
}
