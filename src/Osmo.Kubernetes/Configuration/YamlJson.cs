using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osmo.Kubernetes;

/// <summary>YAML as the JSON that kubectl makes of it: plain scalars may be null, truth values or numbers, quoted ones are texts.</summary>
internal static class YamlJson
{
    /// <summary>Deepest nesting that is followed.</summary>
    public const int DepthMax = 64;

    /// <exception cref="KubernetesConfigurationException">The value is nested too deeply.</exception>
    public static JsonNode? Convert(YamlNode node, string file, int depth = 0)
    {
        if (depth > DepthMax)
        {
            throw new KubernetesConfigurationException($"{file}: a value is nested more than {DepthMax} deep (line {node.Start.Line}).");
        }

        switch (node)
        {
            case YamlMappingNode mapping:
                JsonObject members = [];
                foreach ((YamlNode key, YamlNode value) in mapping)
                {
                    members[(key as YamlScalarNode)?.Value ?? ""] = Convert(value, file, depth + 1);
                }

                return members;
            case YamlSequenceNode sequence:
                return new JsonArray([.. sequence.Select(item => Convert(item, file, depth + 1))]);
            default:
                return Scalar((YamlScalarNode)node);
        }
    }

    private static JsonNode? Scalar(YamlScalarNode scalar)
    {
        string text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain)
        {
            return text;
        }

        return text switch
        {
            "" or "null" or "~" => null,
            "true" => true,
            "false" => false,
            _ when long.TryParse(text, out long whole) => whole,
            _ when double.TryParse(text, out double number) && double.IsFinite(number) => number,
            _ => text,
        };
    }
}
