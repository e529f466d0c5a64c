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

        return node is YamlScalarNode scalar
            ? scalar.Value
            : throw new KubernetesConfigurationException($"{file}: {key} must be a text (line {node.Start.Line}).");
    }

    public static bool Flag(YamlMappingNode parent, string key, string file) => Text(parent, key, file) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw new KubernetesConfigurationException($"{file}: {key} must be true or false (line {parent.Start.Line} and below)."),
    };

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
