using System.Globalization;
using System.Text.Json;
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

    /// <summary>What a scalar says of true and false, in the words of YAML 1.1, which kubectl reads; null if it says neither.</summary>
    public static bool? TruthOf(YamlScalarNode scalar) => scalar.Style != ScalarStyle.Plain ? null : scalar.Value switch
    {
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "y" or "Y" or "on" or "On" or "ON" => true,
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "n" or "N" or "off" or "Off" or "OFF" => false,
        _ => null,
    };

    /// <summary>Whether a scalar that is not null is a string.</summary>
    public static bool IsString(YamlScalarNode scalar) => Scalar(scalar) is not { } value || value.GetValueKind() == JsonValueKind.String;

    private static JsonNode? Scalar(YamlScalarNode scalar)
    {
        string text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain)
        {
            return text;
        }

        return text switch
        {
            "" or "null" or "Null" or "NULL" or "~" => null,
            _ when TruthOf(scalar) is { } truth => truth,
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => whole,
            _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
                => number,
            _ => text,
        };
    }
}
