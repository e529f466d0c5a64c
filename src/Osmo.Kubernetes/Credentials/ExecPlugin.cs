using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace Osmo.Kubernetes;

/// <summary>How to call a kubeconfig user's exec plugin.</summary>
internal sealed record ExecPlugin
{
    public const string V1 = "client.authentication.k8s.io/v1";
    public const string V1Beta1 = "client.authentication.k8s.io/v1beta1";

    private const string ExtensionName = "client.authentication.k8s.io/exec";

    public required string ApiVersion { get; init; }

    public required string Command { get; init; }

    public required string User { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>What the user should do when the command is not installed.</summary>
    public string InstallHint { get; init; } = "";

    /// <summary>The cluster as the plugin is told of it; null unless it asks (provideClusterInfo).</summary>
    public IReadOnlyDictionary<string, string>? ClusterInfo { get; init; }

    /// <summary>What the cluster's entry holds for exec plugins, told with <see cref="ClusterInfo"/>; null when it holds nothing.</summary>
    public JsonNode? ClusterConfig { get; init; }

    /// <summary>Only offered to plugins that do not insist on a terminal.</summary>
    public bool NeedsTerminal { get; init; }

    public static ExecPlugin Read(YamlMappingNode exec, KubeconfigEntry user, KubeconfigEntry cluster)
    {
        string file = user.File;
        string? apiVersion = KubeconfigYaml.Text(exec, "apiVersion", file);
        if (apiVersion is not (V1 or V1Beta1))
        {
            throw new KubernetesConfigurationException(
                $"{file}: the exec plugin of user \"{user.Name}\" has apiVersion {apiVersion ?? "(none)"}; "
                + $"supported are {V1} and {V1Beta1}. Update the plugin and the kubeconfig.");
        }

        string command = KubeconfigYaml.Text(exec, "command", file) is { Length: > 0 } text
            ? text
            : throw new KubernetesConfigurationException($"{file}: the exec plugin of user \"{user.Name}\" has no command.");
        if (command.Contains('/', StringComparison.Ordinal))
        {
            command = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file)) ?? "/", command);
        }

        return new ExecPlugin
        {
            ApiVersion = apiVersion,
            Command = command,
            User = user.Name,
            Arguments = [.. KubeconfigYaml.List(exec, "args", file).Select(node => KubeconfigYaml.Text(node, "an entry of args", file))],
            Environment = [.. KubeconfigYaml.List(exec, "env", file).OfType<YamlMappingNode>().Select(node => KeyValuePair.Create(
                KubeconfigYaml.Text(node, "name", file) ?? "", KubeconfigYaml.Text(node, "value", file) ?? ""))],
            InstallHint = KubeconfigYaml.Text(exec, "installHint", file) ?? "",
            NeedsTerminal = NeedsTerminalFor(exec, user, apiVersion),
            ClusterConfig = Extension(cluster),
            ClusterInfo = KubeconfigYaml.Flag(exec, "provideClusterInfo", file) ? Describe(cluster) : null,
        };
    }

    private static bool NeedsTerminalFor(YamlMappingNode exec, KubeconfigEntry user, string apiVersion) =>
        KubeconfigYaml.Text(exec, "interactiveMode", user.File) switch
        {
            "Always" => true,
            "Never" or "IfAvailable" => false,
            null or "" when apiVersion == V1Beta1 => false,
            var mode => throw new KubernetesConfigurationException(
                $"{user.File}: the exec plugin of user \"{user.Name}\" has interactiveMode {mode ?? "(none)"}; with {apiVersion} it has to "
                + "be Never, IfAvailable or Always."),
        };

    private static JsonNode? Extension(KubeconfigEntry cluster)
    {
        YamlMappingNode? entry = KubeconfigYaml.List(cluster.Body, "extensions", cluster.File).OfType<YamlMappingNode>()
            .FirstOrDefault(item => KubeconfigYaml.Text(item, "name", cluster.File) == ExtensionName);
        return entry is not null && entry.Children.TryGetValue("extension", out YamlNode? value)
            ? YamlJson.Convert(value, cluster.File)
            : null;
    }

    private static Dictionary<string, string> Describe(KubeconfigEntry cluster)
    {
        Dictionary<string, string> info = [];
        string[] told = ["server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url"];
        foreach (string key in told)
        {
            if (KubeconfigYaml.Text(cluster.Body, key, cluster.File) is { Length: > 0 } value)
            {
                info[key] = value;
            }
        }

        if (KubeconfigYaml.Text(cluster.Body, "certificate-authority", cluster.File) is { Length: > 0 } path
            && !info.ContainsKey("certificate-authority-data"))
        {
            string full = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(cluster.File)) ?? "/", path);
            info["certificate-authority-data"] = Convert.ToBase64String(File.ReadAllBytes(full));
        }

        return info;
    }
}
