using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Osmo.Kubernetes;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Kubernetes;

/// <summary>What becomes of a kubeconfig's user: tokens, client certificates, impersonation.</summary>
public sealed class KubeconfigUserTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("osmo-user").FullName;
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_token_file_wins_over_a_token_which_serves_while_the_file_cannot_be_read()
    {
        IKubernetesCredentials credentials = Resolve("{token: inline, tokenFile: the-token}").Credentials;
        Assert.Equal("Bearer inline", (await GetAsync(credentials)).Authorization!.ToString());
        Write("the-token", "filed\n");
        _time.Advance(TokenFileCredentials.ReadInterval);
        Assert.Equal("Bearer filed", (await GetAsync(credentials)).Authorization!.ToString());
    }

    [Fact]
    public async Task A_token_that_no_header_can_hold_is_refused_with_its_place_and_not_quoted()
    {
        Assert.Equal("Bearer good", (await GetAsync(Resolve("{token: \" good\\n\"}").Credentials)).Authorization!.ToString());
        KubernetesConfigurationException inline =
            Assert.Throws<KubernetesConfigurationException>(() => Resolve("{token: \"secret\\nsecret\"}"));
        Assert.Contains("user \"u\" in ", inline.Message, StringComparison.Ordinal);
        Write("the-token", "secret\nsecret\n");
        KubernetesApiException filed = await Assert.ThrowsAsync<KubernetesApiException>(
            () => GetAsync(Resolve("{tokenFile: the-token}").Credentials));
        Assert.Equal(KubernetesFailure.Credentials, filed.Failure);
        Assert.Contains("the-token", filed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", inline.Message + filed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_comes_with_its_issuers_and_is_read_again()
    {
        WriteCertificate("one");
        IKubernetesCredentials credentials = Resolve("{client-certificate: crt, client-key: key, token: t}").Credentials;
        KubernetesCredential first = await GetAsync(credentials);
        Assert.Equal("Bearer t", first.Authorization!.ToString());
        Assert.Equal("CN=one", first.ClientCertificate!.TargetCertificate.Subject);
        Assert.Equal("CN=issuer", Assert.Single(first.ClientCertificate.IntermediateCertificates).Subject);
        Assert.Same(first, await GetAsync(credentials));
        Assert.False(credentials.Invalidate(first));

        WriteCertificate("two");
        Assert.True(credentials.Invalidate(first));
        KubernetesCredential second = await GetAsync(credentials);
        Assert.Equal("CN=two", second.ClientCertificate!.TargetCertificate.Subject);

        string key = WriteCertificate("three");
        Write("key", "not there yet");
        _time.Advance(ClientCertificateCredentials.ReadInterval);
        Assert.Same(second, await GetAsync(credentials));
        Write("key", key);
        _time.Advance(ClientCertificateCredentials.ReadInterval);
        Assert.Equal("CN=three", (await GetAsync(credentials)).ClientCertificate!.TargetCertificate.Subject);
    }

    [Fact]
    public void Impersonation_becomes_headers()
    {
        KubernetesConfiguration configuration = Resolve(
            "{token: t, as: osmo, as-uid: id, as-groups: [readers], as-user-extra: {'example.com/scope': [nodes]}}");
        Assert.Equal(
            "Impersonate-User=osmo, Impersonate-Uid=id, Impersonate-Group=readers, Impersonate-Extra-example.com%2Fscope=nodes",
            string.Join(", ", configuration.ImpersonationHeaders.Select(header => $"{header.Key}={header.Value}")));
    }

    [Theory]
    [InlineData("{token: t, as-groups: [readers]}", "need an as")]
    [InlineData("{token: t, as: a, as-groups: [b, c]}", "as-groups with more than one value")]
    [InlineData("{token: t, as: \"a\\nb\"}", "no header can")]
    public void Impersonation_that_cannot_be_expressed_is_refused(string user, string expected) =>
        Assert.Contains(
            expected, Assert.Throws<KubernetesConfigurationException>(() => Resolve(user)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{token: t}")]
    [InlineData("{username: a, password: b}")]
    [InlineData("{exec: {apiVersion: client.authentication.k8s.io/v1, command: touch, interactiveMode: Never}}")]
    public async Task Nothing_that_proves_who_somebody_is_goes_out_over_http(string user)
    {
        KubernetesCredential credential = await GetAsync(Resolve(user, server: "http://cluster:8080").Credentials);
        Assert.Null(credential.Authorization);
        Assert.Null(credential.ClientCertificate);
    }

    private static Task<KubernetesCredential> GetAsync(IKubernetesCredentials credentials) =>
        credentials.GetAsync(TestContext.Current.CancellationToken).AsTask();

    private KubernetesConfiguration Resolve(string user, string server = "https://cluster:6443")
    {
        Write("config", $$$"""
            current-context: x
            contexts: [{name: x, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: '{{{server}}}'}}]
            users: [{name: u, user: {{{user}}}}]
            """);
        return KubernetesConfiguration.FromKubeconfig(Path.Combine(_folder, "config"), time: _time);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    private string WriteCertificate(string name)
    {
        using ECDsa issuerKey = ECDsa.Create();
        using ECDsa key = ECDsa.Create();
        DateTimeOffset from = DateTimeOffset.UnixEpoch;
        CertificateRequest authority = new("CN=issuer", issuerKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        X509SignatureGenerator root = X509SignatureGenerator.CreateForECDsa(ECDsa.Create());
        using X509Certificate2 issuer = authority.Create(new X500DistinguishedName("CN=root"), root, from, from.AddYears(99), [1]);
        using X509Certificate2 own = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), from, from.AddYears(99), [2]);
        Write("crt", $"{own.ExportCertificatePem()}\n{issuer.ExportCertificatePem()}\n");
        Write("key", key.ExportPkcs8PrivateKeyPem());
        return key.ExportPkcs8PrivateKeyPem();
    }
}
