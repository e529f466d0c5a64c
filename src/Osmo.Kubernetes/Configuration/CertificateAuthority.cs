using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Osmo.Kubernetes;

/// <summary>The certificates that may sign the API server's, from data or from a file that is read again when it changes.</summary>
public sealed class CertificateAuthority
{
    private readonly string? _path;
    private readonly Lock _lock = new();
    private X509Certificate2Collection _certificates;
    private DateTime _writtenAt;

    private CertificateAuthority(string? path, X509Certificate2Collection certificates, DateTime writtenAt)
    {
        _path = path;
        _certificates = certificates;
        _writtenAt = writtenAt;
    }

    /// <summary>Certificates in a PEM text.</summary>
    /// <exception cref="KubernetesConfigurationException">The text holds no certificate.</exception>
    public static CertificateAuthority FromPem(string pem, string source) => new(null, Parse(pem, source), default);

    /// <summary>Certificates in a PEM file.</summary>
    /// <exception cref="KubernetesConfigurationException">The file cannot be read or holds no certificate.</exception>
    public static CertificateAuthority FromFile(string path)
    {
        try
        {
            return new CertificateAuthority(path, Parse(File.ReadAllText(path), path), File.GetLastWriteTimeUtc(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesConfigurationException($"cannot read the certificate authority {path}: {e.Message}", e);
        }
    }

    /// <summary>The certificates to trust now.</summary>
    internal X509Certificate2Collection Current()
    {
        lock (_lock)
        {
            if (_path is not null && File.GetLastWriteTimeUtc(_path) is var writtenAt && writtenAt != _writtenAt)
            {
                try
                {
                    _certificates = Parse(File.ReadAllText(_path), _path);
                    _writtenAt = writtenAt;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or KubernetesConfigurationException)
                {
                    // Half written: the old ones stay in force until the new ones can be read.
                }
            }

            return _certificates;
        }
    }

    private static X509Certificate2Collection Parse(string pem, string source)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new KubernetesConfigurationException($"{source} holds a certificate that cannot be read: {e.Message}", e);
        }

        return certificates.Count > 0
            ? certificates
            : throw new KubernetesConfigurationException(
                $"{source} holds no PEM certificate; it should begin with -----BEGIN CERTIFICATE-----");
    }
}
