using System.Text.Json;
using System.Text.Json.Nodes;

namespace Osmo.Configs.Secrets;

/// <summary>A secret in a document.</summary>
/// <param name="Path">Where it stands, such as <c>backend_images.credential.auth</c>.</param>
/// <param name="Text">What stands there: sealed, masked or plain; never empty.</param>
/// <param name="Replace">Puts something else there.</param>
internal readonly record struct SecretField(string Path, string Text, Action<string> Replace);

/// <summary>Which fields of documents are secrets.</summary>
internal static class SecretFields
{
    private const string AccessKey = "access_key";
    private const string PrivateKey = "private_key";

    private static readonly string[] Workflow =
        ["backend_images.credential.auth", "workflow_alerts.slack_token", "workflow_alerts.smtp_settings.password"];

    /// <summary>The secrets of a document that are set; a list, so that they may be replaced on the way.</summary>
    public static List<SecretField> In(ConfigType type, JsonObject document)
    {
        var found = new List<SecretField>();
        Walk(type, document, "", found);
        return found;
    }

    private static void Walk(ConfigType type, JsonNode? node, string path, List<SecretField> found)
    {
        if (node is JsonArray list)
        {
            for (var i = 0; i < list.Count; i++)
            {
                Walk(type, list[i], $"{path}[{i}]", found);
            }
        }
        else if (node is JsonObject parent)
        {
            foreach (var (name, value) in parent)
            {
                var at = Join(path, name);
                if (value is JsonObject or JsonArray)
                {
                    Walk(type, value, at, found);
                }
                else if (value?.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is { Length: > 0 } text
                    && IsSecret(type, at, name))
                {
                    found.Add(new SecretField(at, text, replacement => parent[name] = replacement));
                }
            }
        }
    }

    /// <summary>Names that people choose may have dots in them: two paths must not look the same.</summary>
    private static string Join(string path, string name) => name.AsSpan().IndexOfAny('.', '[') >= 0
        ? $"{path}[{JsonValue.Create(name).ToJsonString()}]"
        : path.Length == 0 ? name : $"{path}.{name}";

    private static bool IsSecret(ConfigType type, string path, string name) => type switch
    {
        _ when name == AccessKey => true,
        ConfigType.Workflow => Workflow.Contains(path),
        ConfigType.Service => name == PrivateKey && path.StartsWith("service_auth.keys", StringComparison.Ordinal),
        _ => false,
    };
}
