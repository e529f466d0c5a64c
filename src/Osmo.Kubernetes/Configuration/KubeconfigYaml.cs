using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osmo.Kubernetes;

/// <summary>Typed access to a kubeconfig's YAML; messages name the key and line, never the value.</summary>
internal static class KubeconfigYaml
{
    public static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" };

    public static string? Text(YamlMappingNode parent, string key, string file)
    {
        if (!parent.Children.TryGetValue(key, out YamlNode? node) || IsNull(node))
        {
            return null;
        }

        return Text(node, key, file);
    }

    /// <summary>A string. As kubectl, what YAML takes for a number or a truth value is none: which string was meant nobody knows.</summary>
    public static string Text(YamlNode node, string key, string file)
    {
        if (node is not YamlScalarNode scalar)
        {
            throw new KubernetesConfigurationException($"{file}: {key} must be a string (line {node.Start.Line}).");
        }

        return YamlJson.IsString(scalar)
            ? scalar.Value ?? ""
            : throw new KubernetesConfigurationException(
                $"{file}: {key} must be a string, and what stands there is a number or a truth value to YAML (line {node.Start.Line}). "
                + "Put it in quotes.");
    }

    public static bool Flag(YamlMappingNode parent, string key, string file)
    {
        if (!parent.Children.TryGetValue(key, out YamlNode? node) || IsNull(node))
        {
            return false;
        }

        return node is YamlScalarNode scalar && YamlJson.TruthOf(scalar) is { } truth
            ? truth
            : throw new KubernetesConfigurationException($"{file}: {key} must be true or false, without quotes (line {node.Start.Line}).");
    }

    public static YamlMappingNode? Mapping(YamlMappingNode parent, string key, string file)
    {
        if (!parent.Children.TryGetValue(key, out YamlNode? node) || IsNull(node))
        {
            return null;
        }

        return node as YamlMappingNode
            ?? throw new KubernetesConfigurationException($"{file}: {key} must be a mapping (line {node.Start.Line}).");
    }

    public static IReadOnlyList<YamlNode> List(YamlMappingNode parent, string key, string file)
    {
        if (!parent.Children.TryGetValue(key, out YamlNode? node) || IsNull(node))
        {
            return [];
        }

        return node is YamlSequenceNode sequence
            ? [.. sequence]
            : throw new KubernetesConfigurationException($"{file}: {key} must be a list (line {node.Start.Line}).");
    }
}
