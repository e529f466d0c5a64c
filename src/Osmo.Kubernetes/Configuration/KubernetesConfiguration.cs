namespace Osmo.Kubernetes;

/// <summary>Everything needed to talk to one cluster's API server. Holds secrets: never log it.</summary>
public sealed record KubernetesConfiguration
{
    /// <summary>The API server, such as <c>https://10.0.0.1:6443</c>; may have a path.</summary>
    public required Uri Server { get; init; }

    /// <summary>Where this came from, for messages: a file and context, or "in-cluster".</summary>
    public required string Source { get; init; }

    /// <summary>Name of the kubeconfig's context; null where the configuration is not from a kubeconfig.</summary>
    public string? Context { get; init; }

    /// <summary>Who the client is.</summary>
    public IKubernetesCredentials Credentials { get; init; } = StaticCredentials.None;

    /// <summary>Who may sign the server's certificate; null for the machine's own authorities.</summary>
    public CertificateAuthority? Authority { get; init; }

    /// <summary>Name to expect in the server's certificate instead of the host in <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>Accept any server certificate.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>HTTP or SOCKS5 proxy; null to connect directly. The variables HTTPS_PROXY and NO_PROXY count only where this is set from
    /// them: in a pod they do not, for an API server is never beyond the proxy that its own cluster's pods use.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Sent with every request: on whose behalf it is made (Impersonate-User and its kin).</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> ImpersonationHeaders { get; init; } = [];

    /// <summary>Default namespace of the context; "default" when it names none.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>A server by its address alone, optionally with a bearer token: simulators and <c>kubectl proxy</c>.</summary>
    public static KubernetesConfiguration ForServer(Uri server, string? token = null) => new()
    {
        Server = server,
        Source = server.ToString(),
        Proxy = EnvironmentProxy.For(server, Environment.GetEnvironmentVariable),
        Credentials = token is null ? StaticCredentials.None : StaticCredentials.Bearer(token, server.ToString(), "Check the token."),
    };

    /// <summary>The configuration a pod finds in itself.</summary>
    /// <exception cref="KubernetesConfigurationException">Not in a pod, or its service account is not mounted.</exception>
    public static KubernetesConfiguration InCluster(TimeProvider? time = null) =>
        InClusterFiles.Load(Environment.GetEnvironmentVariable, InClusterFiles.ServiceAccountFolder, time ?? TimeProvider.System);

    /// <summary>A kubeconfig's context.</summary>
    /// <param name="path">A file; null for the files that KUBECONFIG names (merged as kubectl does), else <c>~/.kube/config</c>.</param>
    /// <param name="context">A context; null for the current one.</param>
    /// <param name="time">Clock for tokens that expire.</param>
    /// <exception cref="KubernetesConfigurationException">The file, context, cluster or user is missing or broken.</exception>
    public static KubernetesConfiguration FromKubeconfig(string? path = null, string? context = null, TimeProvider? time = null) =>
        new KubeconfigResolver(Kubeconfig.Load(path, Environment.GetEnvironmentVariable), time ?? TimeProvider.System).Resolve(context);

    /// <summary>
    /// What a user most likely means: the kubeconfig given; else the pod's own configuration when in one and KUBECONFIG is unset; else
    /// KUBECONFIG or <c>~/.kube/config</c>.
    /// </summary>
    /// <exception cref="KubernetesConfigurationException">Nothing usable was found.</exception>
    public static KubernetesConfiguration Load(string? kubeconfig = null, string? context = null, TimeProvider? time = null)
    {
        bool isInPod = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(InClusterFiles.HostVariable));
        bool hasKubeconfig = kubeconfig is not null || context is not null
            || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Kubeconfig.PathVariable));
        return isInPod && !hasKubeconfig ? InCluster(time) : FromKubeconfig(kubeconfig, context, time);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Server} ({Source})";
}
