using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osmo.Kubernetes;

/// <summary>An entry of a kubeconfig and the file it stands in, against whose folder its relative paths are read.</summary>
internal sealed record KubeconfigEntry(string Name, YamlMappingNode Body, string File);

/// <summary>One or several kubeconfig files merged as kubectl does: of two entries with the same name the first file's counts.</summary>
internal sealed class Kubeconfig
{
    public const string PathVariable = "KUBECONFIG";

    /// <summary>Larger files are not kubeconfigs.</summary>
    public const int FileBytesMax = 16 << 20;

    private readonly Dictionary<string, KubeconfigEntry> _contexts = [];
    private readonly Dictionary<string, KubeconfigEntry> _clusters = [];
    private readonly Dictionary<string, KubeconfigEntry> _users = [];

    private Kubeconfig(IReadOnlyList<string> files) => Files = files;

    public IReadOnlyList<string> Files { get; }

    public string CurrentContext { get; private set; } = "";

    public IReadOnlyDictionary<string, KubeconfigEntry> Contexts => _contexts;

    public IReadOnlyDictionary<string, KubeconfigEntry> Clusters => _clusters;

    public IReadOnlyDictionary<string, KubeconfigEntry> Users => _users;

    public string Shown => string.Join(Path.PathSeparator, Files);

    public static Kubeconfig Load(string? path, Func<string, string?> variable)
    {
        if (path is not null)
        {
            return File.Exists(path)
                ? Merge([Path.GetFullPath(path)])
                : throw new KubernetesConfigurationException($"the kubeconfig {path} does not exist. Check the path.");
        }

        string? list = variable(PathVariable);
        if (!string.IsNullOrEmpty(list))
        {
            string[] named = [.. list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Distinct()];
            string[] present = [.. named.Where(File.Exists).Select(Path.GetFullPath)];
            return present.Length > 0
                ? Merge(present)
                : throw new KubernetesConfigurationException($"{PathVariable} names {list}, and no such file exists. Check the variable.");
        }

        string home = variable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string standard = Path.Combine(home, ".kube", "config");
        return File.Exists(standard)
            ? Merge([standard])
            : throw new KubernetesConfigurationException(
                $"no kubeconfig: {PathVariable} is not set and {standard} does not exist. Name one, or run inside a pod.");
    }

    private static Kubeconfig Merge(IReadOnlyList<string> files)
    {
        Kubeconfig merged = new(files);
        foreach (string file in files)
        {
            YamlMappingNode? root = ReadYaml(file);
            if (root is null)
            {
                continue;
            }

            Collect(root, "contexts", "context", file, merged._contexts);
            Collect(root, "clusters", "cluster", file, merged._clusters);
            Collect(root, "users", "user", file, merged._users);
            if (merged.CurrentContext.Length == 0)
            {
                merged.CurrentContext = KubeconfigYaml.Text(root, "current-context", file) ?? "";
            }
        }

        return merged;
    }

    private static YamlMappingNode? ReadYaml(string file)
    {
        try
        {
            if (new FileInfo(file).Length > FileBytesMax)
            {
                throw new KubernetesConfigurationException($"{file} is larger than {FileBytesMax} bytes: it is no kubeconfig.");
            }

            using StreamReader reader = new(file);
            YamlStream yaml = [];
            yaml.Load(new MergingParser(new Parser(reader)));
            return yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode switch
            {
                YamlMappingNode mapping => mapping,
                YamlScalarNode { Value: null or "" } => null,
                _ => throw new KubernetesConfigurationException($"{file} is not a kubeconfig: its top level is not a mapping."),
            };
        }
        catch (YamlException e)
        {
            // The parser's own message can quote the line, and with it a secret.
            throw new KubernetesConfigurationException(
                $"{file} is not valid YAML, near line {e.Start.Line}, column {e.Start.Column}. "
                + "Mend it, or check with: kubectl config view");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException)
        {
            // What some malformed texts make the parser throw instead of its own exception.
            throw new KubernetesConfigurationException($"{file} is not valid YAML. Mend it, or check with: kubectl config view");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesConfigurationException($"cannot read the kubeconfig {file}: {e.Message}", e);
        }
    }

    private static void Collect(
        YamlMappingNode root, string listName, string bodyName, string file, Dictionary<string, KubeconfigEntry> into)
    {
        if (!root.Children.TryGetValue(listName, out YamlNode? list) || KubeconfigYaml.IsNull(list))
        {
            return;
        }

        if (list is not YamlSequenceNode sequence)
        {
            throw new KubernetesConfigurationException($"{file}: {listName} must be a list.");
        }

        HashSet<string> seen = [];
        foreach (YamlNode item in sequence)
        {
            if (item is not YamlMappingNode entry || KubeconfigYaml.Text(entry, "name", file) is not { Length: > 0 } name)
            {
                throw new KubernetesConfigurationException($"{file}: an entry of {listName} has no name (line {item.Start.Line}).");
            }

            if (!seen.Add(name))
            {
                throw new KubernetesConfigurationException(
                    $"{file}: {listName} has two entries named \"{name}\" (line {item.Start.Line}). Rename one, or remove it.");
            }

            into.TryAdd(name, new KubeconfigEntry(name, KubeconfigYaml.Mapping(entry, bodyName, file) ?? [], file));
        }
    }
}
