using Osmo.Cli.Configs;

namespace Osmo.Cli.Apply;

/// <summary>
/// Refuses several documents about one object: each is compared with what is there now, so that the second would be made for what the
/// first has just changed.
/// </summary>
internal static class SameObject
{
    /// <exception cref="CliError">There are such documents; the message names both places of each.</exception>
    public static void Refuse(IReadOnlyList<Manifest> manifests)
    {
        var problems = new List<string>();
        var known = new Dictionary<(ConfigType Type, string? Name), Manifest>();
        foreach (var manifest in manifests)
        {
            if (!known.TryAdd((manifest.Type, manifest.Name), manifest))
            {
                Add(manifest, known[(manifest.Type, manifest.Name)]);
            }
        }

        // The document of a whole type names its parts, too.
        foreach (var (type, whole) in known.Where(item => item.Key.Name is null).Select(item => (item.Key.Type, item.Value)))
        {
            foreach (var name in DocumentIndex.Keys(DocumentIndex.Shape(whole.Config)))
            {
                if (known.TryGetValue((type, name), out var part))
                {
                    Add(part, whole);
                }
            }
        }

        if (problems.Count > 0)
        {
            throw new CliError(string.Join('\n', problems));
        }

        void Add(Manifest second, Manifest first) => problems.Add(
            $"{second.Place}: {second.Label} stands in {first.Place} already. Make one document of the two.");
    }
}
