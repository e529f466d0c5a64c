using System.Text.Json;
using Osmo.Domain.Availability;

namespace Osmo.Domain.Backends;

/// <summary>Writes a backend as the JSON document that the configuration routes show.</summary>
public static class BackendDocument
{
    /// <summary>The whole document: identity, configuration and status.</summary>
    /// <param name="writer">Where to write; the document is one object.</param>
    /// <param name="record">The backend.</param>
    /// <param name="now">The time for which <c>online</c> is said.</param>
    public static void Write(Utf8JsonWriter writer, BackendRecord record, DateTimeOffset now)
    {
        writer.WriteStartObject();
        writer.WriteString("name", record.Name.Value);
        writer.WriteString("version", record.Registration.AgentVersion);
        writer.WriteString("k8s_uid", record.Registration.ClusterUid);
        writer.WriteString("k8s_namespace", record.Registration.Namespace);
        WriteEditable(writer, record);
        writer.WriteString("last_heartbeat", record.LastHeartbeat is { } heard ? NaiveUtc.Format(heard) : null);
        writer.WriteString("created_date", NaiveUtc.Format(record.CreatedAt));
        writer.WriteBoolean("online", record.IsOnline(now));
        writer.WriteEndObject();
    }

    /// <summary>The whole document as JSON text.</summary>
    public static string ToJson(BackendRecord record, DateTimeOffset now) => JsonOf(writer => Write(writer, record, now));

    /// <summary>Reads back what <see cref="ToJson"/> wrote.</summary>
    /// <param name="name">The backend.</param>
    /// <param name="json">The whole document.</param>
    /// <param name="revision">The revision that the document belongs to.</param>
    public static BackendRecord Read(BackendName name, string json, long revision)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        string? Text(JsonElement parent, string field) => parent.GetProperty(field).GetString();
        if (!NodeConditionPrefix.TryCreate(Text(root.GetProperty("node_conditions"), "prefix"), out var prefix, out var problem))
        {
            throw new FormatException($"The document of backend {name} at revision {revision} has no legal prefix: {problem}");
        }

        var registration = new BackendRegistration(
            Text(root, "k8s_uid"), Text(root, "k8s_namespace")!, Text(root, "version")!, prefix, AgentLabelUpdates: false);
        var config = BackendConfigReader.ReadStored(root, registration);
        return new BackendRecord(
            name,
            config,
            registration,
            revision,
            NaiveUtc.Parse(Text(root, "created_date")!),
            Text(root, "last_heartbeat") is { } heard ? NaiveUtc.Parse(heard) : null);
    }

    /// <summary>The part that operators may change, as JSON text: what a merge patch is applied to and what is stored.</summary>
    public static string EditableJson(BackendRecord record) => JsonOf(writer =>
    {
        writer.WriteStartObject();
        WriteEditable(writer, record);
        writer.WriteEndObject();
    });

    private static string JsonOf(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            write(writer);
        }

        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void WriteEditable(Utf8JsonWriter writer, BackendRecord record)
    {
        var config = record.Config;
        writer.WriteString("description", config.Description);
        writer.WriteString("dashboard_url", config.DashboardUrl);
        writer.WriteString("grafana_url", config.GrafanaUrl);
        WriteStrings(writer, "tests", config.Tests.Items);
        writer.WriteStartObject("scheduler_settings");
        writer.WriteString("scheduler_type", config.Scheduler.SchedulerType);
        writer.WriteString("scheduler_name", config.Scheduler.SchedulerName);
        writer.WriteBoolean("coscheduling", config.Scheduler.Coscheduling);
        writer.WriteNumber("scheduler_timeout", config.Scheduler.SchedulerTimeout);
        writer.WriteEndObject();
        writer.WriteStartObject("node_conditions");
        WriteRules(writer, config.NodeConditions);
        writer.WriteString("prefix", record.Registration.Prefix.Value);
        writer.WriteEndObject();
        writer.WriteString("router_address", config.RouterAddress);
        writer.WritePropertyName("cache_config");
        writer.WriteRawValue(config.CacheConfigJson);
        writer.WriteStartObject("services");
        writer.WriteStartObject("backendListener");
        writer.WriteBoolean("enable_node_label_update", config.EnableNodeLabelUpdate);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteRules(Utf8JsonWriter writer, NodeConditionRules rules)
    {
        switch (rules)
        {
            case NodeConditionLists lists:
                WriteStrings(writer, "additional_node_conditions", lists.Additional);
                WriteStrings(writer, "ignore_node_conditions", lists.Ignore);
                break;
            case NodeConditionPatterns patterns:
                writer.WriteStartObject("rules");
                foreach (var (type, status) in patterns.Rules)
                {
                    writer.WriteString(type, status);
                }

                writer.WriteEndObject();
                break;
        }
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, IEnumerable<string> items)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writer.WriteStringValue(item);
        }

        writer.WriteEndArray();
    }
}
