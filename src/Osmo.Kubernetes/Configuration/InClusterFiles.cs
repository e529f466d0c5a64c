namespace Osmo.Kubernetes;

/// <summary>The service account that the kubelet mounts into a pod.</summary>
internal static class InClusterFiles
{
    public const string HostVariable = "KUBERNETES_SERVICE_HOST";
    public const string PortVariable = "KUBERNETES_SERVICE_PORT";
    public const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    public static KubernetesConfiguration Load(Func<string, string?> variable, string folder, TimeProvider time)
    {
        string? host = variable(HostVariable);
        string? port = variable(PortVariable);
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new KubernetesConfigurationException(
                $"not running in a pod: {HostVariable} and {PortVariable} are not set. Outside a cluster, give a kubeconfig.");
        }

        string token = Path.Combine(folder, "token");
        if (!File.Exists(token))
        {
            throw new KubernetesConfigurationException(
                $"{token} does not exist. Give the pod a service account and leave automountServiceAccountToken on.");
        }

        string shownHost = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        if (!Uri.TryCreate($"https://{shownHost}:{port}", UriKind.Absolute, out Uri? server))
        {
            throw new KubernetesConfigurationException($"{HostVariable}={host} and {PortVariable}={port} do not make an address.");
        }

        string namespaceFile = Path.Combine(folder, "namespace");
        return new KubernetesConfiguration
        {
            Server = server,
            Source = "in-cluster",
            Authority = CertificateAuthority.FromFile(Path.Combine(folder, "ca.crt"), time),
            Credentials = new TokenFileCredentials(token, time),
            Namespace = File.Exists(namespaceFile) ? File.ReadAllText(namespaceFile).Trim() : "default",
        };
    }
}
