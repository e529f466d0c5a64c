using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Osmo.Kubernetes;

/// <summary>Client certificates from PEM texts.</summary>
internal static class ClientCertificate
{
    /// <summary>What is shown in a handshake: the first certificate, and those after it as its issuers.</summary>
    /// <exception cref="KubernetesConfigurationException">They do not parse or do not belong together.</exception>
    public static SslStreamCertificateContext Parse(string certificatePem, string keyPem, string source)
    {
        try
        {
            X509Certificate2Collection all = [];
            all.ImportFromPem(certificatePem);
            X509Certificate2 own = X509Certificate2.CreateFromPem(certificatePem, keyPem);

            // Offline: which issuers a server may need is in the text, or it is nowhere.
            return SslStreamCertificateContext.Create(own, [.. all.Skip(1)], offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubernetesConfigurationException(
                $"{source} cannot be used: certificate and key are not PEM or do not belong together.");
        }
    }
}
