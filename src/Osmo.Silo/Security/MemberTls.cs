using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Orleans.Connections.Security;

namespace Osmo.Silo.Security;

/// <summary>
/// TLS on Orleans' connections: both ends show a certificate of the cluster's authority that carries the name of members, and what the
/// files have now is what counts.
/// </summary>
internal sealed class MemberTls(ClusterCredentials credentials, TimeProvider time, ILogger<MemberTls> logger)
{
    private readonly CertificateFiles _files = new(credentials, time, logger);

    /// <summary>Of the listener.</summary>
    public TlsOptions Serving() => new()
    {
        // Orleans asks for one when it starts. Every handshake then takes what the files have, with the chain that leads to it.
        LocalServerCertificateSelector = (_, _) => _files.Current().Own.TargetCertificate,
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        RemoteCertificateValidation = IsMember,
        OnAuthenticateAsServer = (_, handshake) =>
        {
            handshake.ServerCertificateSelectionCallback = null;
            ((SslServerAuthenticationOptions)handshake.SslServerAuthenticationOptions).ServerCertificateContext = _files.Current().Own;
        },
    };

    /// <summary>Of connections to others.</summary>
    public TlsOptions Calling() => new()
    {
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        RemoteCertificateValidation = IsMember,
        OnAuthenticateAsClient = (_, handshake) =>
        {
            handshake.TargetHost = credentials.Name;
            ((SslClientAuthenticationOptions)handshake.SslClientAuthenticationOptions).ClientCertificateContext = _files.Current().Own;
        },
    };

    private bool IsMember(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors) =>
        CertificateTrust.IsMember(certificate, chain, _files.Current().Authorities, credentials.Name);
}
