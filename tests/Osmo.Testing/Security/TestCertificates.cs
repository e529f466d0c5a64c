using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Osmo.Silo.Security;

namespace Osmo.Testing.Security;

/// <summary>An authority of a test's own, and certificates that it issues, as files.</summary>
public sealed class TestCertificates : IDisposable
{
    private static readonly DateTimeOffset From = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset Until = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ScratchFolder _folder = new();
    private readonly X509Certificate2 _authority;

    /// <summary>Makes an authority.</summary>
    public TestCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=test authority {Guid.NewGuid()}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(From, Until);
        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
    }

    /// <summary>Its certificate.</summary>
    public string AuthorityFile => _folder.Of("ca.pem");

    /// <summary>A certificate that is good for both ends, and carries a name but no address.</summary>
    /// <param name="name">What its files are called.</param>
    /// <param name="dnsName">The name that it carries; null for that of silos.</param>
    public ClusterCredentials Issue(string name, string? dnsName = null)
    {
        var credentials = new ClusterCredentials
        {
            CertificateFile = _folder.Of($"{name}.pem"),
            PrivateKeyFile = _folder.Of($"{name}.key"),
            AuthorityFile = AuthorityFile,
        };
        Write(credentials, dnsName);
        return credentials;
    }

    /// <summary>Writes another certificate, and this authority, over the files of somebody else's.</summary>
    public void Replace(ClusterCredentials credentials)
    {
        File.Copy(AuthorityFile, credentials.AuthorityFile!, overwrite: true);
        Write(credentials);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private void Write(ClusterCredentials credentials, string? dnsName = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a process", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(dnsName ?? ClusterCredentials.NameDefault);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(_authority, From.AddDays(1), Until.AddDays(-1), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(credentials.CertificateFile!, certificate.ExportCertificatePem());
        File.WriteAllText(credentials.PrivateKeyFile!, key.ExportPkcs8PrivateKeyPem());
    }
}
