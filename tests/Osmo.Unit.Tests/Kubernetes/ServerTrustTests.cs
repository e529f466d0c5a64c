using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Osmo.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.Kubernetes;

public sealed class ServerTrustTests
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _root = Issue("root", null);
    private readonly X509Certificate2 _intermediate;
    private readonly X509Certificate2 _server;

    public ServerTrustTests()
    {
        _intermediate = Issue("intermediate", _root);
        _server = Issue("server", _intermediate, ServerUse);
    }

    [Fact]
    public void Every_certificate_of_the_set_is_an_anchor()
    {
        Assert.True(Trusts(_server, _root));
        Assert.True(Trusts(_server, _intermediate));
        Assert.True(Trusts(_server, Issue("stranger", null), _intermediate));
        Assert.True(Trusts(Issue("any use", _intermediate), _intermediate));
    }

    [Fact]
    public void A_chain_without_an_anchor_is_refused_whatever_it_says_of_itself()
    {
        Assert.False(Trusts(_server, Issue("stranger", null)));
        Assert.False(Trusts(_server, Issue("root", null)));
        Assert.False(Trusts(_server, Issue("intermediate", Issue("root", null))));
        Assert.False(Trusts(Issue("server", Issue("intermediate", _root), ServerUse), _intermediate));
        Assert.False(Trusts(Issue("self", null, ServerUse), _intermediate));
    }

    [Fact]
    public void An_anchor_excuses_no_other_fault()
    {
        Assert.False(Trusts(Issue("client", _intermediate, ClientUse), _intermediate));
        Assert.False(Trusts(Issue("old", _intermediate, ServerUse, years: 2), _intermediate));
        Assert.False(Trusts(Issue("issued by no authority", _server, ServerUse), _intermediate));
        Assert.False(ServerTrust.IsTrusted(_server, null, SslPolicyErrors.RemoteCertificateNameMismatch, [_intermediate]));
        Assert.False(ServerTrust.IsTrusted(null, null, SslPolicyErrors.RemoteCertificateNotAvailable, [_intermediate]));
    }

    private bool Trusts(X509Certificate2 server, params X509Certificate2[] anchors)
    {
        using X509Chain presented = new();
        presented.ChainPolicy.ExtraStore.AddRange(new X509Certificate2Collection { _intermediate, _server });
        return ServerTrust.IsTrusted(server, presented, SslPolicyErrors.RemoteCertificateChainErrors, [.. anchors]);
    }

    /// <summary>An authority when it has no use, else a certificate for that use; self-signed without an issuer.</summary>
    private static X509Certificate2 Issue(string name, X509Certificate2? issuer, string? use = null, int years = 98)
    {
        using ECDsa key = ECDsa.Create();
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(use is null, false, 0, true));
        if (use is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        }

        DateTimeOffset from = DateTimeOffset.UnixEpoch.AddYears(1);
        if (issuer is null)
        {
            return request.CreateSelfSigned(from.AddYears(-1), from.AddYears(99));
        }

        using ECDsa issuerKey = issuer.GetECDsaPrivateKey()!;
        using X509Certificate2 certificate = request.Create(
            issuer.SubjectName,
            X509SignatureGenerator.CreateForECDsa(issuerKey),
            from,
            from.AddYears(years),
            RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
