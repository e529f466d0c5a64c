using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osmo.Agent;

/// <summary>A YAML file of options: a mapping of their names, with hyphens or underscores, to values. It may hold secrets.</summary>
internal static class OptionsFile
{
    /// <summary>Most bytes of a file.</summary>
    public const int FileBytesMax = 1024 * 1024;

    /// <summary>The options that the file gives a value, named with hyphens.</summary>
    /// <exception cref="AgentOptionsException">The file cannot be read, or is something else; no value is in the message.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Read(string path)
    {
        YamlStream yaml = [];
        try
        {
            if (new FileInfo(path).Length > FileBytesMax)
            {
                throw new AgentOptionsException($"--config {path} has more than {FileBytesMax} bytes, which is no file of options.");
            }

            using StreamReader reader = File.OpenText(path);
            yaml.Load(reader);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new AgentOptionsException($"--config {path} cannot be read: {e.Message}");
        }
        catch (YamlException e)
        {
            throw new AgentOptionsException(
                $"--config {path} is no YAML from line {e.Start.Line} on. Write lines like \"backend: dgx-east\".");
        }

        return yaml.Documents.Count switch
        {
            0 => [],
            1 => OptionsOf(yaml.Documents[0].RootNode, path),
            _ => throw new AgentOptionsException($"--config {path} holds several YAML documents; put all options into one."),
        };
    }

    private static List<KeyValuePair<string, string>> OptionsOf(YamlNode root, string path)
    {
        List<KeyValuePair<string, string>> options = [];
        if (IsNull(root))
        {
            return options;
        }

        if (root is not YamlMappingNode mapping)
        {
            throw new AgentOptionsException($"--config {path} is no mapping. Write lines like \"backend: dgx-east\".");
        }

        foreach ((YamlNode key, YamlNode value) in mapping.Children)
        {
            string name = (key as YamlScalarNode)?.Value?.Replace('_', '-')
                ?? throw new AgentOptionsException($"--config {path}, line {key.Start.Line}: an option's name is a text.");
            if (value is YamlScalarNode scalar)
            {
                options.Add(new(name, IsNull(value) ? "" : scalar.Value ?? ""));
            }
            else if (value is YamlSequenceNode list && AgentOptionNames.ListenerOnly.Contains(name)
                && list.Children.All(item => item is YamlScalarNode))
            {
                options.Add(new(name, string.Join(',', list.Children.Select(item => ((YamlScalarNode)item).Value))));
            }
            else if (AgentOptionNames.WithoutEffect.Contains(name))
            {
                options.Add(new(name, ""));
            }
            else
            {
                throw new AgentOptionsException($"--config {path}, line {value.Start.Line}: {OptionValues.Shown(name)} takes one value.");
            }
        }

        return options;
    }

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" };
}
