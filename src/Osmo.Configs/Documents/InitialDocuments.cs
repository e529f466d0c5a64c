using System.Text.Json.Nodes;
using Osmo.Access.Roles;

namespace Osmo.Configs.Documents;

/// <summary>The documents of a server's first start.</summary>
internal static class InitialDocuments
{
    private const string PodTemplates =
        """
        {
          "default_amd64": {"spec": {"nodeSelector": {"kubernetes.io/arch": "amd64"}}},
          "default_ctrl": {"spec": {"containers": [{"name": "osmo-ctrl", "resources": {
            "requests": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi"},
            "limits": {"cpu": "{{USER_CPU}}", "memory": "{{USER_MEMORY}}", "ephemeral-storage": "{{USER_STORAGE}}"}}}]}},
          "default_user": {"spec": {"containers": [{"name": "{{USER_CONTAINER_NAME}}", "resources": {
            "requests": {
              "cpu": "{{USER_CPU}}", "memory": "{{USER_MEMORY}}", "ephemeral-storage": "{{USER_STORAGE}}",
              "nvidia.com/gpu": "{{USER_GPU}}"},
            "limits": {
              "cpu": "{{USER_CPU}}", "memory": "{{USER_MEMORY}}", "ephemeral-storage": "{{USER_STORAGE}}",
              "nvidia.com/gpu": "{{USER_GPU}}"}}}]}}
        }
        """;

    private const string Pools =
        """
        {
          "default": {
            "description": "Default pool", "backend": "default", "default_platform": "default",
            "common_default_variables": {"USER_CPU": 1, "USER_GPU": 0, "USER_MEMORY": "1Gi", "USER_STORAGE": "1Gi"},
            "common_resource_validations": ["default_cpu", "default_memory", "default_storage"],
            "common_pod_template": ["default_ctrl", "default_user", "default_amd64"],
            "platforms": {"default": {}}
          }
        }
        """;

    /// <summary>The entries of a type.</summary>
    public static JsonObject Of(ConfigType type) => ConfigDocument.Check(type, type switch
    {
        ConfigType.PodTemplate => Parse(PodTemplates),
        ConfigType.Pool => Parse(Pools),
        ConfigType.ResourceValidation => new JsonObject
        {
            ["default_cpu"] = Validation("CPU", "{{USER_CPU}}", "LE", "{{K8_CPU}}"),
            ["default_memory"] = Validation("memory", "{{USER_MEMORY}}", "LE", "{{K8_MEMORY}}"),
            ["default_storage"] = Validation("storage", "{{USER_STORAGE}}", "LT", "{{K8_STORAGE}}"),
        },
        ConfigType.Role => new JsonObject(
            PreassignedRoles.All.Select(role => KeyValuePair.Create<string, JsonNode?>(role.Name, ConfigDocument.Write(role)))),
        _ => [],
    });

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static JsonArray Validation(string what, string asked, string comparison, string capacity) => new(
        Assertion(comparison, asked, capacity, $"{asked} is more {what} than a node has"),
        Assertion("GT", asked, "0", $"Ask for more {what} than {asked}"));

    private static JsonObject Assertion(string comparison, string left, string right, string message) => new()
    {
        ["operator"] = comparison,
        ["left_operand"] = left,
        ["right_operand"] = right,
        ["assert_message"] = message,
    };
}
