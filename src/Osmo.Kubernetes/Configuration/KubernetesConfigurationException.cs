namespace Osmo.Kubernetes;

/// <summary>A kubeconfig or the in-cluster files cannot be used. The message names the file and entry and says what to do next.</summary>
public sealed class KubernetesConfigurationException(string message, Exception? inner = null) : Exception(message, inner);
