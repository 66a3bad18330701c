using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Agent.Security;

namespace PgHa.Agent;

/// <summary>Reads tokens and certificates again on SIGHUP, and certificates when their files were exchanged. What cannot be used is named, and what was in force stays.</summary>
internal sealed partial class SecretsReload : IDisposable
{
    private readonly AgentOptions _options;
    private readonly SecurityOptions _files;
    private readonly AccessToken _token;
    private readonly LocalToken _local;
    private readonly AgentCertificate? _certificate;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly PosixSignalRegistration _signal;
    private readonly Lock _gate = new();
    private FileVersion?[] _read, _looked;

    internal SecretsReload(AgentOptions options, AccessToken token, LocalToken local, AgentCertificate? certificate, TimeProvider time, ILogger log)
    {
        (_options, _files, _token, _local, _certificate, _time, _log) = (options, options.Security, token, local, certificate, time, log);
        _read = _looked = Versions(_files.Tls);
        _signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true; // it ends nothing
            try
            {
                Read();
            }
            catch (Exception e)
            {
                LogKept("token, or certificate,", e.Message, "look at the files of security");
            }
        });
    }

    public void Dispose() => _signal.Dispose();

    private void Read()
    {
        if (_files.TokenFile is { } file)
            ReadToken(TokenFile.Read(file));
        if (_files.OwnerOnly)
            ReadLocal();
        if (_files.Tls is { } tls && _certificate is not null)
            lock (_gate)
                ReadCertificate(tls, _certificate);
    }

    private void ReadToken(TokenResult read)
    {
        if (read.Error is { } error)
            LogKept("token", error.Message, error.Hint);
        else if (_token.Replace(read.Token!))
            LogToken(AccessToken.PresentsOldFor.TotalMinutes, AccessToken.AcceptsOldFor.TotalMinutes);
    }

    private void ReadLocal()
    {
        var (token, problem) = LocalTokenFile.Keep(_options.State);
        if (token is null)
            LogKept("token of this machine", problem!.Message, problem.Hint);
        else if (_local.Replace(token))
            LogLocal(_options.State.LocalToken);
    }

    /// <summary>What was written since it was read last, once nobody writes any more.</summary>
    internal void ReadIfExchanged()
    {
        if (_files.Tls is not { } tls || _certificate is not { } certificate)
            return;
        lock (_gate)
        {
            var now = Versions(tls);
            var settled = now.SequenceEqual(_looked);
            _looked = now;
            if (settled && !now.SequenceEqual(_read))
                ReadCertificate(tls, certificate);
        }
    }

    private static FileVersion?[] Versions(TlsOptions? tls) =>
        tls is null ? [] : [.. new[] { tls.CertificateFile, tls.KeyFile, tls.CaFile, tls.ClientCaFile }.Select(f => f is null ? null : Linux.Version(f))];

    private void ReadCertificate(TlsOptions tls, AgentCertificate certificate)
    {
        _read = Versions(tls);
        var (served, error) = TlsFiles.Read(tls);
        var (clients, unread) = error is null ? TlsFiles.ReadClients(tls) : (null, error);
        if (served is null || unread is not null)
        {
            LogKept("certificate", unread!.Message, unread.Hint);
            return;
        }
        (certificate.Current, certificate.Clients) = (served, clients);
        LogCertificate(served.TargetCertificate.NotAfter);
        if ((TlsFiles.Warn(served, _time.GetUtcNow()) ?? PeerAccess.Warn(_options, served, clients, _time)) is { } warning)
            LogWarning(warning.Message, warning.Hint);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "the token was exchanged; the old one is presented for {Presents} more minutes and accepted for {Accepts}: exchange it on the other nodes within {Presents}")]
    private partial void LogToken(double presents, double accepts);

    [LoggerMessage(Level = LogLevel.Information, Message = "the token of this machine in {File} is another one; the one before does not count any more")]
    private partial void LogLocal(string file);

    [LoggerMessage(Level = LogLevel.Information, Message = "the certificate was read again, valid until {Until:u}")]
    private partial void LogCertificate(DateTime until);

    [LoggerMessage(Level = LogLevel.Error, Message = "the {What} stays as it was: {Why} (hint: {Hint})")]
    private partial void LogKept(string what, string why, string hint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning} (hint: {Hint})")]
    private partial void LogWarning(string warning, string hint);
}
