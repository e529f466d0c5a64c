using System.Text;
using YamlDotNet.RepresentationModel;

namespace Osmo.Kubernetes;

/// <summary>The headers that make a user's requests count as somebody else's (<c>as</c>, <c>as-groups</c>, ... of a kubeconfig).</summary>
internal static class Impersonation
{
    /// <exception cref="KubernetesConfigurationException">It cannot be expressed; ignoring it would act with the user's own, often
    /// greater, rights.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Read(KubeconfigEntry user)
    {
        List<KeyValuePair<string, string>> headers = [];
        void Add(string name, string key, IReadOnlyList<string> values)
        {
            if (values.Count > 1)
            {
                // One header line each is what the server wants; the platform would send them all in one.
                throw Broken(user, $"{key} with more than one value is not supported");
            }

            if (values.Count == 1)
            {
                headers.Add(KeyValuePair.Create(name, values[0].All(c => c is >= ' ' and <= '~')
                    ? values[0]
                    : throw Broken(user, $"{key} holds characters that no header can")));
            }
        }

        Add("Impersonate-User", "as", One(user, "as"));
        Add("Impersonate-Uid", "as-uid", One(user, "as-uid"));
        Add("Impersonate-Group", "as-groups", Values(user, user.Body, "as-groups"));
        if (KubeconfigYaml.Mapping(user.Body, "as-user-extra", user.File) is { } extra)
        {
            foreach (string key in extra.Children.Keys.OfType<YamlScalarNode>().Select(node => node.Value ?? ""))
            {
                Add($"Impersonate-Extra-{Escape(key)}", $"as-user-extra {key}", Values(user, extra, key));
            }
        }

        return headers.Count == 0 || headers[0].Key == "Impersonate-User"
            ? headers
            : throw Broken(user, "as-uid, as-groups and as-user-extra need an as");
    }

    private static string[] One(KubeconfigEntry user, string key) =>
        KubeconfigYaml.Text(user.Body, key, user.File) is { Length: > 0 } text ? [text] : [];

    private static string[] Values(KubeconfigEntry user, YamlMappingNode parent, string key) =>
    [
        .. KubeconfigYaml.List(parent, key, user.File).Select(node => node is YamlScalarNode { Value: { } value }
            ? value
            : throw Broken(user, $"{key} must be a list of texts")),
    ];

    // Keys are often paths (example.com/scopes), which header names cannot hold.
    private static string Escape(string key)
    {
        StringBuilder escaped = new();
        foreach (byte b in Encoding.UTF8.GetBytes(key))
        {
            bool isPlain = char.IsAsciiLetterOrDigit((char)b) || "!#$&'*+-.^_`|~".Contains((char)b, StringComparison.Ordinal);
            _ = isPlain ? escaped.Append((char)b) : escaped.Append($"%{b:X2}");
        }

        return escaped.ToString();
    }

    private static KubernetesConfigurationException Broken(KubeconfigEntry user, string what) =>
        new($"{user.File}: user \"{user.Name}\": {what}. Mend the file, or choose another user.");
}
