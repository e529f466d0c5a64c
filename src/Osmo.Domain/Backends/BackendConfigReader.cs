using System.Text.Json;
using Osmo.Domain.Availability;
using Osmo.Domain.Errors;

namespace Osmo.Domain.Backends;

/// <summary>
/// Reads a configuration document. A top-level field replaces the whole of what was there; one that is null or missing leaves
/// it alone; one that Osmo itself writes (name, heartbeat...) is ignored, so that a document may be sent back as it was read;
/// any other is refused by name, because it is most likely a misspelling.
/// </summary>
public static class BackendConfigReader
{
    private const int TextCharsMax = 2_048;
    private const int DescriptionCharsMax = 16_384;
    private const int TestsMax = 100;
    private const int CacheConfigCharsMax = 65_536;

    private static readonly string[] EditableFields =
    [
        "description", "dashboard_url", "grafana_url", "tests", "scheduler_settings", "node_conditions", "router_address", "cache_config",
        "k8s_uid", "services",
    ];

    private static readonly string[] ReadOnlyFields =
        ["name", "version", "k8s_namespace", "last_heartbeat", "created_date", "online"];

    /// <summary>Applies a document to a backend.</summary>
    /// <param name="document">The fields to change.</param>
    /// <param name="start">The configuration that the fields are applied to.</param>
    /// <param name="registration">The registration in force: its prefix may be repeated but not changed.</param>
    /// <param name="rulesInForce">The rules in force: what they say may be repeated even where it could not be written any more.</param>
    /// <returns>The new configuration, and the registration with the cluster uid that the document asks for.</returns>
    /// <exception cref="OsmoException">A field breaks a rule; every such field is named.</exception>
    public static (BackendConfig Config, BackendRegistration Registration) Read(
        JsonElement document, BackendConfig start, BackendRegistration registration, NodeConditionRules rulesInForce)
    {
        ArgumentNullException.ThrowIfNull(rulesInForce);
        return ReadFields(document, start, registration, rulesInForce);
    }

    /// <summary>Reads a configuration that was stored, or that another silo sent: it was checked when it was written.</summary>
    /// <param name="document">The whole configuration.</param>
    /// <param name="registration">The registration that it belongs to.</param>
    /// <exception cref="OsmoException">It is no configuration.</exception>
    public static BackendConfig ReadStored(JsonElement document, BackendRegistration registration) =>
        ReadFields(document, BackendConfig.Default, registration, rulesInForce: null).Config;

    private static (BackendConfig Config, BackendRegistration Registration) ReadFields(
        JsonElement document, BackendConfig start, BackendRegistration registration, NodeConditionRules? rulesInForce)
    {
        var fields = new JsonFields();
        var config = start;
        if (fields.IsObject(document, "configs"))
        {
            CheckNames(fields, document.EnumerateObject());
            foreach (var field in document.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null))
            {
                if (field.Name == NodeConditionsReader.Field)
                {
                    var rules = NodeConditionsReader.Read(fields, field.Value, registration.Prefix, rulesInForce);
                    config = config with { NodeConditions = rules };
                }
                else
                {
                    (config, registration) = ReadField(fields, field.Name, field.Value, config, registration);
                }
            }
        }

        fields.ThrowIfAny();
        return (config, registration);
    }

    /// <summary>Refuses fields that no backend has, whatever their value.</summary>
    internal static void CheckNames(JsonFields fields, IEnumerable<JsonProperty> document)
    {
        foreach (var field in document)
        {
            if (!EditableFields.Contains(field.Name) && !ReadOnlyFields.Contains(field.Name))
            {
                fields.Unknown(field.Name, string.Join(", ", EditableFields));
            }
        }
    }

    private static (BackendConfig, BackendRegistration) ReadField(
        JsonFields fields, string name, JsonElement value, BackendConfig config, BackendRegistration registration)
    {
        switch (name)
        {
            case "description":
                return (config with { Description = fields.Text(value, name, config.Description, DescriptionCharsMax) }, registration);
            case "dashboard_url":
                return (config with { DashboardUrl = fields.Text(value, name, config.DashboardUrl, TextCharsMax) }, registration);
            case "grafana_url":
                return (config with { GrafanaUrl = fields.Text(value, name, config.GrafanaUrl, TextCharsMax) }, registration);
            case "router_address":
                return (config with { RouterAddress = fields.Text(value, name, config.RouterAddress, TextCharsMax) }, registration);
            case "tests":
                return (config with { Tests = ReadTests(fields, value) }, registration);
            case "cache_config":
                return (config with { CacheConfigJson = ReadCacheConfig(fields, value, config.CacheConfigJson) }, registration);
            case "scheduler_settings":
                return (config with { Scheduler = SchedulerSettingsReader.Read(fields, value) }, registration);
            case "services":
                return (config with { EnableNodeLabelUpdate = ReadServices(fields, value) }, registration);
            case "k8s_uid":
                return (config, registration with { ClusterUid = fields.Text(value, name, "", 253) is { Length: > 0 } uid ? uid : null });
            default:
                return (config, registration);
        }
    }

    private static TextList ReadTests(JsonFields fields, JsonElement value)
    {
        var tests = fields.Strings(value, "tests", TestsMax);
        if (tests.Distinct().Count() != tests.Length)
        {
            fields.Fail("tests", "names a test twice; name each once.");
        }

        return new TextList(tests);
    }

    private static string ReadCacheConfig(JsonFields fields, JsonElement value, string fallback)
    {
        if (!fields.IsObject(value, "cache_config"))
        {
            return fallback;
        }

        foreach (var field in value.EnumerateObject())
        {
            if (field.Name != "endpoints")
            {
                fields.Unknown($"cache_config.{field.Name}", "endpoints");
            }
            else if (field.Value.ValueKind != JsonValueKind.Array)
            {
                fields.Fail("cache_config.endpoints", "must be a list.");
            }
        }

        var json = value.TryGetProperty("endpoints", out _) ? JsonSerializer.Serialize(value) : BackendConfig.Default.CacheConfigJson;
        if (json.Length <= CacheConfigCharsMax)
        {
            return json;
        }

        fields.Fail("cache_config", $"has {json.Length} characters of JSON, at most {CacheConfigCharsMax} are allowed.");
        return fallback;
    }

    private static bool ReadServices(JsonFields fields, JsonElement value)
    {
        var enabled = BackendConfig.Default.EnableNodeLabelUpdate;
        if (!fields.IsObject(value, "services"))
        {
            return enabled;
        }

        foreach (var service in value.EnumerateObject())
        {
            if (service.Name != "backendListener")
            {
                fields.Unknown($"services.{service.Name}", "backendListener");
                continue;
            }

            if (!fields.IsObject(service.Value, "services.backendListener"))
            {
                continue;
            }

            foreach (var field in service.Value.EnumerateObject())
            {
                var path = $"services.backendListener.{field.Name}";
                if (field.Name == "enable_node_label_update")
                {
                    enabled = fields.Flag(field.Value, path, enabled);
                }
                else
                {
                    fields.Unknown(path, "enable_node_label_update");
                }
            }
        }

        return enabled;
    }
}
