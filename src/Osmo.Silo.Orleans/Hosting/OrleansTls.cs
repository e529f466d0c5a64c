using System.Net.Security;
using Microsoft.Extensions.Logging;
using Orleans.Connections.Security;
using Osmo.Cluster.Wire;
using Osmo.Cluster.Wire.Security;

namespace Osmo.Silo.Orleans.Hosting;

/// <summary>
/// TLS on Orleans' connections, as on those of the other engine: both ends show a certificate of the cluster's authority, a silo's carries
/// the name of silos, and what the files have now is what counts.
/// </summary>
internal sealed class OrleansTls
{
    private readonly ClusterCredentials _credentials;
    private readonly CertificateFiles _files;

    public OrleansTls(OrleansEngineOptions options, TimeProvider time, ILogger<OrleansTls> logger)
    {
        _credentials = options.Credentials;
        _files = new CertificateFiles(_credentials, time, logger);
    }

    /// <summary>Of a silo's listener for gateways.</summary>
    public TlsOptions ServingGateways() => Serving(
        (certificate, chain, _) => CertificateTrust.IsCaller(certificate, chain, _files.Current().Authorities));

    /// <summary>
    /// Of a silo's listener for silos. Orleans sends both ways over a connection, whoever made it: so who calls has to show that it is a
    /// silo, as who is called.
    /// </summary>
    public TlsOptions ServingSilos() => Serving(
        (certificate, chain, _) => CertificateTrust.IsCaller(certificate, chain, _files.Current().Authorities)
            && CertificateTrust.IsSilo(certificate, chain, _files.Current().Authorities, _credentials.ServerName));

    /// <summary>Of connections to silos.</summary>
    public TlsOptions Calling() => new()
    {
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        RemoteCertificateValidation = (certificate, chain, _) =>
            CertificateTrust.IsSilo(certificate, chain, _files.Current().Authorities, _credentials.ServerName),
        OnAuthenticateAsClient = (_, handshake) =>
        {
            handshake.TargetHost = _credentials.ServerName;
            ((SslClientAuthenticationOptions)handshake.SslClientAuthenticationOptions).ClientCertificateContext = _files.Current().Own;
        },
    };

    private TlsOptions Serving(RemoteCertificateValidator isTrusted) => new()
    {
        // Orleans asks for one when it starts. Every handshake then takes what the files have, with the chain that leads to it.
        LocalServerCertificateSelector = (_, _) => _files.Current().Own.TargetCertificate,
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        RemoteCertificateValidation = isTrusted,
        OnAuthenticateAsServer = (_, handshake) =>
        {
            handshake.ServerCertificateSelectionCallback = null;
            ((SslServerAuthenticationOptions)handshake.SslServerAuthenticationOptions).ServerCertificateContext = _files.Current().Own;
        },
    };
}
