using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Osmo.Kubernetes;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Kubernetes;

public sealed class KubeconfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("osmo-kubeconfig").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_context_gives_server_authority_user_and_namespace()
    {
        (string certificate, string key) = SelfSigned();
        string file = Write("config", $"""
            apiVersion: v1
            kind: Config
            current-context: two
            preferences: null
            contexts:
            - name: one
              context: {"{cluster: c1, user: u1}"}
            - name: two
              context: {"{cluster: c2, user: u2, namespace: osmo}"}
            clusters:
            - name: c1
              cluster: {"{server: 'https://one:6443', insecure-skip-tls-verify: true}"}
            - name: c2
              cluster:
                server: https://two:6443/path
                certificate-authority-data: {Base64(certificate)}
                tls-server-name: kubernetes
                proxy-url: socks5://proxy:1080
            users:
            - name: u1
              user: {"{username: admin, password: pass}"}
            - name: u2
              user:
                token: secret-token
                client-certificate-data: {Base64(certificate)}
                client-key-data: {Base64(key)}
            """);
        KubernetesConfiguration two = KubernetesConfiguration.FromKubeconfig(file);
        Assert.Equal(new Uri("https://two:6443/path"), two.Server);
        Assert.Equal("osmo", two.Namespace);
        Assert.Equal("kubernetes", two.TlsServerName);
        Assert.Equal(new Uri("socks5://proxy:1080"), two.Proxy);
        Assert.Single(two.Authority!.Current());
        KubernetesCredential credential = await two.Credentials.GetAsync(TestContext.Current.CancellationToken);
        Assert.Equal("Bearer secret-token", credential.Authorization!.ToString());
        Assert.True(credential.ClientCertificate!.TargetCertificate.HasPrivateKey);
        Assert.DoesNotContain("secret-token", $"{two} {credential}", StringComparison.Ordinal);

        KubernetesConfiguration one = KubernetesConfiguration.FromKubeconfig(file, "one");
        Assert.True(one.InsecureSkipTlsVerify);
        Assert.Equal("default", one.Namespace);
        credential = await one.Credentials.GetAsync(TestContext.Current.CancellationToken);
        Assert.Equal($"Basic {Base64("admin:pass")}", credential.Authorization!.ToString());
    }

    [Fact]
    public async Task Several_files_merge_the_first_winning_and_paths_belong_to_their_file()
    {
        string other = Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName;
        await File.WriteAllTextAsync(Path.Combine(other, "the-token"), "from-file\n", TestContext.Current.CancellationToken);
        string first = Write("first", """
            contexts: [{name: a, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: 'https://first:1'}}]
            """);
        string second = Write("other/second", """
            current-context: a
            clusters: [{name: c, cluster: {server: 'https://second:2'}}]
            users: [{name: u, user: {tokenFile: the-token}}]
            """);
        string missing = Path.Combine(_folder, "missing");
        Kubeconfig merged = Kubeconfig.Load(null, name => name == "KUBECONFIG" ? $"{first}:{missing}:{second}" : null);
        KubernetesConfiguration configuration = new KubeconfigResolver(merged, TimeProvider.System).Resolve(null);
        Assert.Equal(new Uri("https://first:1"), configuration.Server);
        Assert.Equal(
            "from-file", (await configuration.Credentials.GetAsync(TestContext.Current.CancellationToken)).Authorization!.Parameter);
    }

    [Theory]
    [InlineData("", "no current-context")]
    [InlineData("- a\n- b\n", "not a mapping")]
    [InlineData("a: [1, 2\nusers: secret-stuff", "is not valid YAML")]
    [InlineData("a: \"b\nc: {d", "is not valid YAML, near line")]
    [InlineData("current-context: x\ncontexts: [{name: other, context: {}}]", "It holds: other.")]
    [InlineData("current-context: x\ncontexts: [{name: x, context: {cluster: c}}]", "names the cluster \"c\", which no file defines")]
    [InlineData("current-context: x\ncontexts: [{name: x, context: {user: u}}]", "names no cluster")]
    [InlineData("current-context: x\ncontexts: {a: b}", "contexts must be a list")]
    [InlineData("current-context: x\ncontexts: [{context: {}}]", "has no name")]
    [InlineData("clusters: [{name: c, cluster: {}}]", "has no server")]
    [InlineData("clusters: [{name: c, cluster: {server: 'ftp://x'}}]", "is not an http, https or socks5 address")]
    [InlineData("clusters: [{name: c, cluster: {server: [1]}}]", "server must be a string")]
    [InlineData("clusters: [{name: c, cluster: {server: x, insecure-skip-tls-verify: maybe}}]", "must be true or false")]
    [InlineData("clusters: [{name: c, cluster: {server: x, certificate-authority-data: '*'}}]", "is not base64")]
    [InlineData("clusters: [{name: c, cluster: {server: x, certificate-authority-data: c2VjcmV0}}]", "holds no PEM certificate")]
    [InlineData("clusters: [{name: c, cluster: {server: x, certificate-authority: nowhere.crt}}]", "cannot read the certificate authority")]
    [InlineData("users: [{name: u, user: {client-key-data: c2VjcmV0}}]", "a client-key without a client-certificate")]
    [InlineData("users: [{name: u, user: {client-key-data: c2VjcmV0, client-certificate-data: c2VjcmV0}}]", "cannot be used")]
    [InlineData("users: [{name: u, user: {auth-provider: {name: gcp}}}]", "auth-provider")]
    [InlineData("clusters: [{name: c, cluster: {server: x, insecure-skip-tls-verify: 'true'}}]", "must be true or false, without quotes")]
    [InlineData("clusters: [{name: c, cluster: {server: x, certificate-authority-data: 'c2Vj cmV0'}}]", "has blanks in it")]
    [InlineData("clusters: [{name: c, cluster: {server: x}}, {name: c, cluster: {server: y}}]", "two entries named \"c\"")]
    [InlineData("users: [{name: u, user: {username: a, password: 12345}}]", "Put it in quotes")]
    [InlineData("users: [{name: u, user: {exec: {command: x}}}]", "has apiVersion (none)")]
    [InlineData(
        "users: [{name: u, user: {exec: {command: x, apiVersion: client.authentication.k8s.io/v1}}}]", "has interactiveMode (none)")]
    [InlineData(
        "users: [{name: u, user: {exec: {command: x, apiVersion: client.authentication.k8s.io/v1beta1, args: [1]}}}]", "Put it in quotes")]
    [InlineData("users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1}}}]", "has no command")]
    public void A_broken_file_says_what_is_wrong_and_where(string yaml, string expected)
    {
        bool isWhole = !yaml.StartsWith("clusters", StringComparison.Ordinal) && !yaml.StartsWith("users", StringComparison.Ordinal);
        string cluster = yaml.StartsWith("clusters", StringComparison.Ordinal)
            ? ""
            : "clusters: [{name: c, cluster: {server: 'https://x'}}]\n";
        string user = cluster.Length > 0 ? "u" : "''";
        string file = Write("config", isWhole
            ? yaml
            : $"current-context: x\ncontexts: [{{name: x, context: {{cluster: c, user: {user}}}}}]\n{cluster}{yaml}\n");
        KubernetesConfigurationException e =
            Assert.Throws<KubernetesConfigurationException>(() => KubernetesConfiguration.FromKubeconfig(file));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        Assert.Contains("does not exist", Assert.Throws<KubernetesConfigurationException>(
            () => KubernetesConfiguration.FromKubeconfig(Path.Combine(_folder, "none"))).Message, StringComparison.Ordinal);
        Assert.Contains("KUBECONFIG is not set", Assert.Throws<KubernetesConfigurationException>(
            () => Kubeconfig.Load(null, name => name == "HOME" ? _folder : null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_pod_the_service_account_is_used_and_its_token_read_again()
    {
        ManualTimeProvider time = new();
        Dictionary<string, string> variables = new() { ["KUBERNETES_SERVICE_HOST"] = "fd00::1", ["KUBERNETES_SERVICE_PORT"] = "443" };
        Write("ca.crt", SelfSigned().Certificate);
        string token = Write("token", "one");
        Write("namespace", "osmo-agent\n");
        KubernetesConfiguration configuration = InClusterFiles.Load(variables.GetValueOrDefault, _folder, time);
        Assert.Equal("https://[fd00::1]/", configuration.Server.AbsoluteUri);
        Assert.Equal("osmo-agent", configuration.Namespace);
        async Task<string?> TokenAsync() =>
            (await configuration.Credentials.GetAsync(TestContext.Current.CancellationToken)).Authorization!.Parameter;

        Assert.Equal("one", await TokenAsync());
        Write("token", "two");
        Assert.Equal("one", await TokenAsync());
        time.Advance(TokenFileCredentials.ReadInterval);
        Assert.Equal("two", await TokenAsync());
        File.Delete(token);
        time.Advance(TokenFileCredentials.ReadInterval);
        Assert.Equal("two", await TokenAsync());
    }

    [Fact]
    public void In_a_pod_a_new_authority_is_taken_up_when_the_kubelet_swaps_the_folder_behind_the_links()
    {
        ManualTimeProvider time = new();
        Dictionary<string, string> variables = new() { ["KUBERNETES_SERVICE_HOST"] = "h", ["KUBERNETES_SERVICE_PORT"] = "443" };
        void Swap(string version)
        {
            Directory.CreateDirectory(Path.Combine(_folder, version));
            Write($"{version}/ca.crt", SelfSigned(version).Certificate);
            Write($"{version}/token", "token");
            File.Delete(Path.Combine(_folder, "..data"));
            File.CreateSymbolicLink(Path.Combine(_folder, "..data"), version);
        }

        Swap("..1");
        File.CreateSymbolicLink(Path.Combine(_folder, "ca.crt"), "..data/ca.crt");
        File.CreateSymbolicLink(Path.Combine(_folder, "token"), "..data/token");
        CertificateAuthority authority = InClusterFiles.Load(variables.GetValueOrDefault, _folder, time).Authority!;
        Assert.Equal("CN=..1", authority.Current().Single().Subject);
        Swap("..2");
        time.Advance(CertificateAuthority.ReadInterval);
        Assert.Equal("CN=..2", authority.Current().Single().Subject);
        Write("..2/ca.crt", "half written");
        time.Advance(CertificateAuthority.ReadInterval);
        Assert.Equal("CN=..2", authority.Current().Single().Subject);
    }

    [Fact]
    public void Outside_a_pod_the_missing_variables_are_named()
    {
        Assert.Contains("KUBERNETES_SERVICE_HOST", Assert.Throws<KubernetesConfigurationException>(
            () => InClusterFiles.Load(_ => null, _folder, TimeProvider.System)).Message, StringComparison.Ordinal);
        Assert.Contains("automountServiceAccountToken", Assert.Throws<KubernetesConfigurationException>(
            () => InClusterFiles.Load(_ => "1", _folder, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static (string Certificate, string Key) SelfSigned(string name = "test")
    {
        using ECDsa key = ECDsa.Create();
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
