using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Osmo.Kubernetes;
using Xunit;

namespace Osmo.Integration.Tests.Kubernetes;

/// <summary>The client over TLS, against a server whose certificate an authority of the test's own signed for one name.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private const string ServerName = "kubernetes.test";

    private readonly X509Certificate2 _authority = Authority("CN=test authority");
    private WebApplication? _server;
    private string _protocol = "";
    private string? _clientSubject;
    private string? _refusedSubject;
    private string[] _clientIssuers = [];

    private Uri Address => new(_server!.Urls.First());

    public async ValueTask InitializeAsync()
    {
        X509Certificate2 certificate = Signed(_authority, ServerName);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            listen.UseHttps(certificate, https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = (_, chain, _) =>
                {
                    _clientIssuers = [.. chain!.ChainPolicy.ExtraStore.Select(issuer => issuer.Subject)];
                    return true;
                };
            })));
        _server = builder.Build();
        _server.MapGet("/api/v1/namespaces/kube-system", (HttpContext context) =>
        {
            _protocol = context.Request.Protocol;
            _clientSubject = context.Connection.ClientCertificate?.Subject;
            return _clientSubject is not null && _clientSubject == _refusedSubject
                ? Results.Unauthorized()
                : Results.Text("""{"kind":"Namespace","metadata":{"uid":"cluster-uid"}}""", "application/json");
        });
        await _server.StartAsync();
    }

    public async ValueTask DisposeAsync() => await _server!.DisposeAsync();

    [Fact]
    public async Task A_trusted_server_is_spoken_to_in_http2_with_the_client_certificate()
    {
        X509Certificate2 client = Signed(_authority, "agent");
        await ConnectAsync(Configuration(_authority, ServerName) with
        {
            Credentials = new StaticCredentials(
                new KubernetesCredential(null, SslStreamCertificateContext.Create(client, [], offline: true)), ""),
        });
        Assert.Equal("HTTP/2", _protocol);
        Assert.Equal("CN=agent", _clientSubject);
    }

    [Fact]
    public async Task A_client_certificate_is_shown_with_its_issuers_and_a_renewed_one_at_once()
    {
        using X509Certificate2 intermediate = Authority("CN=intermediate", _authority);
        string folder = Directory.CreateTempSubdirectory("osmo-tls").FullName;
        void Renew(string name)
        {
            using X509Certificate2 client = Signed(intermediate, name);
            File.WriteAllText(Path.Combine(folder, "crt"), $"{client.ExportCertificatePem()}\n{intermediate.ExportCertificatePem()}\n");
            File.WriteAllText(Path.Combine(folder, "key"), client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        }

        Renew("one");
        ClientCertificateCredentials credentials = new(
            StaticCredentials.None,
            () => (File.ReadAllText(Path.Combine(folder, "crt")), File.ReadAllText(Path.Combine(folder, "key"))),
            "test",
            TimeProvider.System);
        using KubernetesClient client = new(Configuration(_authority, ServerName) with { Credentials = credentials });
        await ConnectAsync(client);
        Assert.Equal("CN=one", _clientSubject);
        Assert.Contains("CN=intermediate", _clientIssuers);
        Renew("two");
        _refusedSubject = "CN=one";
        await ConnectAsync(client);
        Assert.Equal("CN=two", _clientSubject);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Another_authority_or_name_is_refused_with_advice()
    {
        using X509Certificate2 stranger = Authority("CN=stranger");
        foreach (KubernetesConfiguration wrong in (KubernetesConfiguration[])[
            Configuration(stranger, ServerName), Configuration(_authority, "another.test"), Configuration(null, ServerName)])
        {
            KubernetesApiException e = await Assert.ThrowsAsync<KubernetesApiException>(() => ConnectAsync(wrong));
            Assert.Equal(KubernetesFailure.Tls, e.Failure);
            Assert.Contains("certificate-authority", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Verification_can_be_switched_off()
    {
        await ConnectAsync(Configuration(null, null) with { InsecureSkipTlsVerify = true });
        Assert.Null(_clientSubject);
    }

    private static async Task ConnectAsync(KubernetesConfiguration configuration)
    {
        using KubernetesClient client = new(configuration);
        await ConnectAsync(client);
    }

    private static async Task ConnectAsync(KubernetesClient client) =>
        Assert.Equal("cluster-uid", await client.GetNamespaceUidAsync("kube-system", TestContext.Current.CancellationToken));

    private KubernetesConfiguration Configuration(X509Certificate2? authority, string? name) => new()
    {
        Server = Address,
        Source = "test",
        TlsServerName = name,
        Authority = authority is null ? null : CertificateAuthority.FromPem(authority.ExportCertificatePem(), "test"),
    };

    private static X509Certificate2 Authority(string name, X509Certificate2? issuer = null)
    {
        using ECDsa key = ECDsa.Create();
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        if (issuer is null)
        {
            return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        }

        using X509Certificate2 certificate = request.Create(
            issuer, DateTimeOffset.UnixEpoch.AddYears(1), DateTimeOffset.UnixEpoch.AddYears(99), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 Signed(X509Certificate2 authority, string name)
    {
        using ECDsa key = ECDsa.Create();
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(
            authority, DateTimeOffset.UnixEpoch.AddYears(1), DateTimeOffset.UnixEpoch.AddYears(99), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
