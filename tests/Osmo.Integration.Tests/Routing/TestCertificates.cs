using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Osmo.Cluster.Wire;
using Osmo.Testing;

namespace Osmo.Integration.Tests.Routing;

/// <summary>An authority of a test's own, and certificates that it issues, as files.</summary>
internal sealed class TestCertificates : IDisposable
{
    private static readonly DateTimeOffset From = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset Until = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ScratchFolder _folder = new();
    private readonly X509Certificate2 _authority;

    public TestCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=test authority {Guid.NewGuid()}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(From, Until);
        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
    }

    public string AuthorityFile => _folder.Of("ca.pem");

    /// <summary>A certificate that is good for both ends, and carries the name of silos but no address.</summary>
    public ClusterCredentials Issue(string name)
    {
        var credentials = new ClusterCredentials
        {
            CertificateFile = _folder.Of($"{name}.pem"),
            PrivateKeyFile = _folder.Of($"{name}.key"),
            AuthorityFile = AuthorityFile,
        };
        Write(credentials);
        return credentials;
    }

    /// <summary>Writes another certificate, and this authority, over the files of somebody else's.</summary>
    public void Replace(ClusterCredentials credentials)
    {
        File.Copy(AuthorityFile, credentials.AuthorityFile!, overwrite: true);
        Write(credentials);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private void Write(ClusterCredentials credentials)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a process", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(ClusterCredentials.ServerNameDefault);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(_authority, From.AddDays(1), Until.AddDays(-1), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(credentials.CertificateFile!, certificate.ExportCertificatePem());
        File.WriteAllText(credentials.PrivateKeyFile!, key.ExportPkcs8PrivateKeyPem());
    }
}
