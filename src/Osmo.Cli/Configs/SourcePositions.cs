using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osmo.Cli.Configs;

/// <summary>Lines and columns of the fields of a text. Reads JSON too, as YAML's smaller sister.</summary>
internal sealed class SourcePositions
{
    private readonly IReadOnlyList<YamlNode> _roots;

    private SourcePositions(IReadOnlyList<YamlNode> roots) => _roots = roots;

    public static SourcePositions Of(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException)
        {
            // JSON values one after the other, for example: then there are no positions, and messages do without.
            return new([]);
        }

        return new([.. stream.Documents.Select(document => document.RootNode)]);
    }

    /// <summary>Where the key of a field stands, or an item of a list, counted from 1; null where it is not found.</summary>
    public (long Line, long Column)? Find(int document, string path)
    {
        if (document >= _roots.Count)
        {
            return null;
        }

        var (node, mark) = (_roots[document], (Mark?)null);
        while (path.Length > 0)
        {
            (YamlNode Node, Mark At, int Length)? step = node switch
            {
                YamlMappingNode mapping => StepInto(mapping, path),
                YamlSequenceNode sequence => StepInto(sequence, path),
                _ => null,
            };
            if (step is not { } found)
            {
                break;
            }

            (node, mark) = (found.Node, found.At);
            path = path[found.Length..].TrimStart('.');
        }

        return mark is { } at ? (at.Line, at.Column) : null;
    }

    /// <summary>The longest key that the path begins with, for a key may itself hold dots.</summary>
    private static (YamlNode, Mark, int)? StepInto(YamlMappingNode mapping, string path)
    {
        var match = mapping.Children
            .Where(child => child.Key is YamlScalarNode { Value: { } key } && path.StartsWith(key, StringComparison.Ordinal)
                && (path.Length == key.Length || path[key.Length] is '.' or '['))
            .OrderByDescending(child => ((YamlScalarNode)child.Key).Value!.Length)
            .FirstOrDefault();
        return match.Key is YamlScalarNode { Value: { } name } found ? (match.Value, found.Start, name.Length) : null;
    }

    private static (YamlNode, Mark, int)? StepInto(YamlSequenceNode sequence, string path)
    {
        var end = path.IndexOf(']', StringComparison.Ordinal);
        return path[0] == '[' && end > 0 && int.TryParse(path[1..end], NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && index < sequence.Children.Count
            ? (sequence.Children[index], sequence.Children[index].Start, end + 1)
            : null;
    }
}
