using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Errors;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire.Security;

/// <summary>The credentials of this process at work: which connections are made and taken, and with what.</summary>
internal sealed class ClusterSecurity
{
    private readonly CertificateFiles? _certificates;

    /// <exception cref="OsmoException">The credentials cannot be used; the message says what to do.</exception>
    public ClusterSecurity(ClusterCredentials credentials, TimeProvider time, ILogger<ClusterSecurity> logger)
    {
        credentials.Validate();
        Credentials = credentials;
        Key = credentials.KeyFile is { } file ? SharedKey.Read(file) : null;
        _certificates = credentials.UsesTls ? new CertificateFiles(credentials, time, logger) : null;
        Kind = credentials switch
        {
            { UsesTls: true } => Proto.Authentication.MutualTls,
            { IsOpen: false } => Proto.Authentication.SharedKey,
            _ => Proto.Authentication.Loopback,
        };
    }

    public ClusterCredentials Credentials { get; }

    public Proto.Authentication Kind { get; }

    public SharedKey? Key { get; }

    /// <summary>What a silo's listener shows and asks for, at this moment.</summary>
    public SslServerAuthenticationOptions ServerOptions()
    {
        var files = Certificates();
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = files.Own,
            ClientCertificateRequired = true,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                CertificateTrust.IsCaller(certificate, chain, files.Authorities),
        };
    }

    /// <summary>What a caller shows and asks for, at this moment; null where no certificates are used.</summary>
    public SslClientAuthenticationOptions? ClientOptions()
    {
        if (_certificates is null)
        {
            return null;
        }

        var files = Certificates();
        return new SslClientAuthenticationOptions
        {
            ClientCertificateContext = files.Own,
            TargetHost = Credentials.ServerName,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                CertificateTrust.IsSilo(certificate, chain, files.Authorities, Credentials.ServerName),
        };
    }

    /// <summary>Why a request must not be served, whatever its handshake will say; null where it may.</summary>
    public string? Objection(HttpContext context)
    {
        var (local, remote) = (context.Connection.LocalIpAddress, context.Connection.RemoteIpAddress);
        if (Kind == Proto.Authentication.Loopback)
        {
            return local is not null && remote is not null && IPAddress.IsLoopback(local) && IPAddress.IsLoopback(remote)
                ? null
                : "This silo has no credentials, so it serves its own machine only. Give every process the same key file or certificates.";
        }

        // The listener has looked already, unless somebody mapped these endpoints on one of another kind.
        return Kind != Proto.Authentication.MutualTls
            || CertificateTrust.IsCaller(context.Connection.ClientCertificate, null, Certificates().Authorities)
            ? null
            : "Show a certificate of this cluster's authority.";
    }

    private CertificateFiles.Loaded Certificates() =>
        (_certificates ?? throw new InvalidOperationException("No certificates are configured.")).Current();
}
