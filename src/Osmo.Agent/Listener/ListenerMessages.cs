using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Osmo.Domain.Availability;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// Writes the messages of OSMO's listeners: the same fields in the same order, because a service refuses those it does not know.
/// </summary>
internal static class ListenerMessages
{
    /// <summary>Labels that begin like this are not reported: node feature discovery writes hundreds, which nobody selects by.</summary>
    public const string LeftOutLabels = "feature.node.kubernetes.io";

    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.ffffff";
    private const string Cpu = "cpu";

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A whole frame.</summary>
    /// <param name="type">The message's type.</param>
    /// <param name="body">The body, as one of the other methods writes it.</param>
    /// <param name="id">By which the service acknowledges it: 32 hexadecimal digits.</param>
    public static byte[] Frame(string type, ReadOnlySpan<byte> body, string id)
    {
        ArrayBufferWriter<byte> buffer = new(body.Length + 96);
        using (Utf8JsonWriter writer = new(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, type);
            writer.WritePropertyName("body"u8);
            writer.WriteRawValue(body, skipInputValidation: true);
            writer.WriteString("uuid"u8, id);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static string NewId() => Guid.NewGuid().ToString("N");

    public static byte[] Init(string clusterUid, string workflowNamespace, string version, string prefix) => Body(writer =>
    {
        writer.WriteString("k8s_uid"u8, clusterUid);
        writer.WriteString("k8s_namespace"u8, workflowNamespace);
        writer.WriteString("version"u8, version);
        writer.WriteString("node_condition_prefix"u8, prefix);
    });

    /// <param name="level">10 to 40, as Python numbers them: debug, info, warning, error.</param>
    /// <param name="text">The line.</param>
    public static byte[] Logging(int level, string text) => Body(writer =>
    {
        writer.WriteNumber("type"u8, level);
        writer.WriteString("text"u8, text);
        writer.WriteNull("workflow_uuid"u8);
    });

    public static byte[] Heartbeat(DateTimeOffset now) =>
        Body(writer => writer.WriteString("time"u8, now.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)));

    public static byte[] Resource(string hostName, bool isAvailable, NodeProjection node) => Body(writer =>
    {
        writer.WriteString("hostname"u8, hostName);
        writer.WriteBoolean("available"u8, isAvailable);
        writer.WriteStartArray("conditions"u8);
        foreach (NodeCondition condition in node.Conditions)
        {
            if (condition.Status == ConditionStatus.True)
            {
                writer.WriteStringValue(condition.Type);
            }
        }

        writer.WriteEndArray();
        writer.WriteStartObject("processed_fields"u8);
        writer.WriteEndObject();
        WriteAllocatable(writer, node.Allocatable);
        writer.WriteStartObject("label_fields"u8);
        foreach (NodeLabel label in node.Labels)
        {
            if (!label.Key.StartsWith(LeftOutLabels, StringComparison.Ordinal))
            {
                writer.WriteString(label.Key, label.Value);
            }
        }

        writer.WriteEndObject();
        WriteTaints(writer, node.Taints);
    });

    public static byte[] Usage(string hostName, NodeUsage usage) => Body(writer =>
    {
        writer.WriteString("hostname"u8, hostName);
        WriteAmounts(writer, "usage_fields", usage.All);
        WriteAmounts(writer, "non_workflow_usage_fields", usage.NonWorkflow);
    });

    public static byte[] Deletion(string hostName) => Body(writer => writer.WriteString("resource"u8, hostName));

    /// <summary>The field's name says hashes; it holds names.</summary>
    public static byte[] NodeNames(IEnumerable<string> hostNames) => Body(writer =>
    {
        writer.WriteStartArray("node_hashes"u8);
        foreach (string name in hostNames)
        {
            writer.WriteStringValue(name);
        }

        writer.WriteEndArray();
    });

    internal static byte[] Body(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteAllocatable(Utf8JsonWriter writer, ImmutableArray<NodeResource> resources)
    {
        writer.WriteStartObject("allocatable_fields"u8);
        foreach (NodeResource resource in resources)
        {
            string quantity = resource.Name == Cpu
                ? decimal.Truncate(RequestedAmount.Cores(resource.Quantity)).ToString("0", CultureInfo.InvariantCulture)
                : resource.Quantity;
            writer.WriteString(resource.Name, quantity);
        }

        writer.WriteEndObject();
    }

    private static void WriteTaints(Utf8JsonWriter writer, ImmutableArray<NodeTaint> taints)
    {
        writer.WriteStartArray("taints"u8);
        foreach (NodeTaint taint in taints)
        {
            writer.WriteStartObject();
            writer.WriteString("effect"u8, taint.Effect);
            writer.WriteString("key"u8, taint.Key);
            // The time changes with every taint that comes again, and no service looks at it.
            writer.WriteNull("time_added"u8);
            if (taint.Value.Length > 0)
            {
                writer.WriteString("value"u8, taint.Value);
            }
            else
            {
                writer.WriteNull("value"u8);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteAmounts(Utf8JsonWriter writer, string name, in RequestedAmount amount)
    {
        writer.WriteStartObject(name);
        writer.WriteString("cpu"u8, amount.WholeCores);
        writer.WriteString("memory"u8, amount.MemoryKi);
        writer.WriteString("ephemeral-storage"u8, amount.StorageKi);
        writer.WriteString("nvidia.com/gpu"u8, amount.WholeGpus);
        writer.WriteEndObject();
    }
}
