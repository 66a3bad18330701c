using Microsoft.Extensions.Logging;
using PgHa.Agent.Upkeep;

namespace PgHa.Agent;

/// <summary>Certificates that were exchanged are read without a signal. Files that somebody is writing are left until two looks find the same.</summary>
internal sealed class CertificateWatch(SecretsReload secrets, TimeProvider time, ILogger<CertificateWatch> log) : UpkeepLoop(TimeSpan.FromSeconds(5), time, log)
{
    /// <inheritdoc />
    protected override string Work => "the files of security.tls";

    /// <inheritdoc />
    protected override Task LookAsync(CancellationToken cancel)
    {
        secrets.ReadIfExchanged();
        return Task.CompletedTask;
    }
}
