using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Osmo.Kubernetes;

/// <summary>The certificates that may sign the API server's, from data or from a file that is read again at intervals.</summary>
public sealed class CertificateAuthority
{
    /// <summary>How long certificates that were read are used before the file is looked at again.</summary>
    public static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(60);

    private readonly string? _path;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private X509Certificate2Collection _certificates;
    private string _pem;
    private long _readAt;

    private CertificateAuthority(string? path, string pem, string source, TimeProvider time)
    {
        _path = path;
        _pem = pem;
        _time = time;
        _certificates = Parse(pem, source);
        _readAt = time.GetTimestamp();
    }

    /// <summary>Certificates in a PEM text.</summary>
    /// <exception cref="KubernetesConfigurationException">The text holds no certificate.</exception>
    public static CertificateAuthority FromPem(string pem, string source) => new(null, pem, source, TimeProvider.System);

    /// <summary>Certificates in a PEM file.</summary>
    /// <param name="path">The file; may be replaced while in use, as the kubelet does when a cluster's authority rotates.</param>
    /// <param name="time">Clock for looking at the file again.</param>
    /// <exception cref="KubernetesConfigurationException">The file cannot be read or holds no certificate.</exception>
    public static CertificateAuthority FromFile(string path, TimeProvider? time = null)
    {
        try
        {
            return new CertificateAuthority(path, File.ReadAllText(path), path, time ?? TimeProvider.System);
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
            if (_path is not null && _time.GetElapsedTime(_readAt) >= ReadInterval)
            {
                _readAt = _time.GetTimestamp();
                ReadAgain(_path);
            }

            return _certificates;
        }
    }

    // By content, not by time of writing: in a pod the file is a symbolic link whose own time never changes, for a rotation swaps the
    // folder that it leads through.
    private void ReadAgain(string path)
    {
        try
        {
            string pem = File.ReadAllText(path);
            if (pem != _pem)
            {
                _certificates = Parse(pem, path);
                _pem = pem;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KubernetesConfigurationException)
        {
            // Half written: the old ones stay in force until the new ones can be read.
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
