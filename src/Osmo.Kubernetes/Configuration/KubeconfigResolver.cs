using System.Text;

namespace Osmo.Kubernetes;

/// <summary>Turns a context of a merged kubeconfig into a configuration.</summary>
internal sealed class KubeconfigResolver(Kubeconfig kubeconfig, TimeProvider time, Func<string, string?>? variable = null)
{
    public KubernetesConfiguration Resolve(string? wanted)
    {
        KubeconfigEntry context = FindContext(wanted);
        KubeconfigEntry cluster = Find(kubeconfig.Clusters, context, "cluster")
            ?? throw Broken(context, $"context \"{context.Name}\" names no cluster");
        KubeconfigEntry? user = Find(kubeconfig.Users, context, "user");
        string source = $"context \"{context.Name}\" of {kubeconfig.Shown}";
        bool isInsecure = KubeconfigYaml.Flag(cluster.Body, "insecure-skip-tls-verify", cluster.File);
        CertificateAuthority? authority = Authority(cluster);
        if (isInsecure && authority is not null)
        {
            throw Broken(cluster, $"cluster \"{cluster.Name}\" has both a certificate-authority and insecure-skip-tls-verify; remove one");
        }

        Uri server = Address(cluster, "server") ?? throw Broken(cluster, $"cluster \"{cluster.Name}\" has no server");
        return new KubernetesConfiguration
        {
            Server = server,
            Source = source,
            Context = context.Name,
            Credentials = user is null ? StaticCredentials.None
                : server.Scheme == Uri.UriSchemeHttp ? StaticCredentials.OverHttp
                : Credentials(user, cluster),
            Authority = authority,
            TlsServerName = KubeconfigYaml.Text(cluster.Body, "tls-server-name", cluster.File),
            InsecureSkipTlsVerify = isInsecure,
            Proxy = Address(cluster, "proxy-url")
                ?? EnvironmentProxy.For(server, variable ?? Environment.GetEnvironmentVariable),
            ImpersonationHeaders = user is null ? [] : Impersonation.Read(user),
            Namespace = KubeconfigYaml.Text(context.Body, "namespace", context.File) is { Length: > 0 } name ? name : "default",
        };
    }

    private KubeconfigEntry FindContext(string? wanted)
    {
        string name = wanted ?? kubeconfig.CurrentContext;
        string choice = kubeconfig.Contexts.Count == 0
            ? "It holds no contexts."
            : $"It holds: {string.Join(", ", kubeconfig.Contexts.Keys.Order(StringComparer.Ordinal).Take(20))}.";
        if (name.Length == 0)
        {
            throw new KubernetesConfigurationException(
                $"{kubeconfig.Shown} has no current-context. {choice} Name one, or set it with: kubectl config use-context NAME");
        }

        return kubeconfig.Contexts.TryGetValue(name, out KubeconfigEntry? context)
            ? context
            : throw new KubernetesConfigurationException($"{kubeconfig.Shown} has no context \"{name}\". {choice}");
    }

    private static KubeconfigEntry? Find(IReadOnlyDictionary<string, KubeconfigEntry> entries, KubeconfigEntry context, string kind)
    {
        string? name = KubeconfigYaml.Text(context.Body, kind, context.File);
        if (string.IsNullOrEmpty(name))
        {
            return null;
        }

        return entries.TryGetValue(name, out KubeconfigEntry? entry)
            ? entry
            : throw Broken(context, $"context \"{context.Name}\" names the {kind} \"{name}\", which no file defines");
    }

    private static Uri? Address(KubeconfigEntry cluster, string key)
    {
        string? text = KubeconfigYaml.Text(cluster.Body, key, cluster.File);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        // kubectl takes a bare host:port for http.
        string full = text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        return Uri.TryCreate(full, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" or "socks5"
            ? address
            : throw Broken(cluster, $"{key} of cluster \"{cluster.Name}\" is not an http, https or socks5 address");
    }

    private CertificateAuthority? Authority(KubeconfigEntry cluster)
    {
        if (KubeconfigYaml.Text(cluster.Body, "certificate-authority-data", cluster.File) is { Length: > 0 } data)
        {
            const string Key = "certificate-authority-data";
            return CertificateAuthority.FromPem(Decode(cluster, Key, data), $"{Key} of \"{cluster.Name}\" in {cluster.File}");
        }

        return KubeconfigYaml.Text(cluster.Body, "certificate-authority", cluster.File) is { Length: > 0 } path
            ? CertificateAuthority.FromFile(Beside(cluster, path), time)
            : null;
    }

    private IKubernetesCredentials Credentials(KubeconfigEntry user, KubeconfigEntry cluster)
    {
        if (KubeconfigYaml.Mapping(user.Body, "exec", user.File) is { } exec && !HasToken(user))
        {
            return new ExecCredentials(ExecPlugin.Read(exec, user, cluster), time);
        }

        IKubernetesCredentials others = HeaderCredentials(user);
        string source = $"the client certificate of user \"{user.Name}\" in {user.File}";
        return ReadClientCertificate(user) is null
            ? others
            : new ClientCertificateCredentials(others, () => ReadClientCertificate(user)!.Value, source, time);
    }

    private static bool HasToken(KubeconfigEntry user) =>
        Text(user, "token") is not null || Text(user, "tokenFile") is not null || Text(user, "username") is not null;

    private IKubernetesCredentials HeaderCredentials(KubeconfigEntry user)
    {
        string owner = $"user \"{user.Name}\" in {user.File}";
        string renew = $"The credentials of {owner} may have expired: log in again or renew them.";
        StaticCredentials? inline = Text(user, "token") is { } token ? StaticCredentials.Bearer(token, owner, renew) : null;
        if (Text(user, "tokenFile") is { } tokenFile)
        {
            // As in client-go a token beside a file only serves while the file cannot be read.
            return new TokenFileCredentials(Beside(user, tokenFile), time, inline?.Current);
        }

        if (inline is not null)
        {
            return inline;
        }

        if (Text(user, "username") is { } name)
        {
            return StaticCredentials.Basic(name, Text(user, "password") ?? "", renew);
        }

        if (user.Body.Children.ContainsKey("auth-provider"))
        {
            throw Broken(user, $"user \"{user.Name}\" uses auth-provider, which Kubernetes removed in 1.26; use an exec plugin instead");
        }

        return ReadClientCertificate(user) is null ? StaticCredentials.None : new StaticCredentials(KubernetesCredential.None, renew);
    }

    private static string? Text(KubeconfigEntry user, string key) =>
        KubeconfigYaml.Text(user.Body, key, user.File) is { Length: > 0 } text ? text : null;

    private static (string Certificate, string Key)? ReadClientCertificate(KubeconfigEntry user)
    {
        string? certificate = Pem(user, "client-certificate");
        string? key = Pem(user, "client-key");
        if (certificate is null && key is null)
        {
            return null;
        }

        if (certificate is null || key is null)
        {
            string half = key is null ? "a client-certificate without a client-key" : "a client-key without a client-certificate";
            throw Broken(user, $"user \"{user.Name}\" has {half}");
        }

        return (certificate, key);
    }

    private static string? Pem(KubeconfigEntry entry, string key)
    {
        if (KubeconfigYaml.Text(entry.Body, $"{key}-data", entry.File) is { Length: > 0 } data)
        {
            return Decode(entry, $"{key}-data", data);
        }

        if (KubeconfigYaml.Text(entry.Body, key, entry.File) is not { Length: > 0 } path)
        {
            return null;
        }

        try
        {
            return File.ReadAllText(Beside(entry, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesConfigurationException($"cannot read the {key} of \"{entry.Name}\" ({entry.File}): {e.Message}", e);
        }
    }

    private static string Decode(KubeconfigEntry entry, string key, string data)
    {
        try
        {
            // As kubectl: line ends do not matter, and blanks are what is left of them in a folded string.
            return data.AsSpan().ContainsAny(' ', '\t')
                ? throw new FormatException()
                : Encoding.UTF8.GetString(Convert.FromBase64String(data));
        }
        catch (FormatException)
        {
            throw Broken(entry, $"{key} of \"{entry.Name}\" is not base64, or has blanks in it");
        }
    }

    private static string Beside(KubeconfigEntry entry, string path) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(entry.File)) ?? "/", path);

    private static KubernetesConfigurationException Broken(KubeconfigEntry entry, string what) =>
        new($"{entry.File}: {what}. Mend the file, or choose another context.");
}
