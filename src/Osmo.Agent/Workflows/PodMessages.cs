using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>Writes the messages about workflows' pods. Texts that are missing are empty, as not every reader takes null for them.</summary>
internal static class PodMessages
{
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.FFFFFF'+00:00'";

    public static byte[] Update(TaskReport report, string backend) => ListenerMessages.Body(writer =>
    {
        WriteTask(writer, report.Task);
        writer.WriteString("container"u8, report.Container);
        writer.WriteString("node"u8, report.Node);
        writer.WriteString("pod_ip"u8, report.Ip);
        writer.WriteString("message"u8, report.Decision.Message);
        writer.WriteString("status"u8, report.Decision.Status);
        if (report.Decision.ExitCode is { } code)
        {
            writer.WriteNumber("exit_code"u8, code);
        }
        else
        {
            writer.WriteNull("exit_code"u8);
        }

        writer.WriteString("backend"u8, backend);
        WriteConditions(writer, report.Conditions);
    });

    public static byte[] Waiting(WaitingReport report) => ListenerMessages.Body(writer =>
    {
        WriteTask(writer, report.Task);
        writer.WriteString("message"u8, report.Text);
    });

    public static byte[] Conditions(ConditionsReport report) => ListenerMessages.Body(writer =>
    {
        WriteTask(writer, report.Task);
        WriteConditions(writer, report.Conditions);
    });

    /// <param name="entry">What happened.</param>
    /// <param name="at">When.</param>
    public static byte[] Event(EventProjection entry, DateTimeOffset at) => ListenerMessages.Body(writer =>
    {
        writer.WriteString("pod_name"u8, entry.ObjectName);
        writer.WriteString("reason"u8, entry.Reason);
        writer.WriteString("message"u8, entry.Message);
        writer.WriteString("timestamp"u8, Time(at));
    });

    private static void WriteTask(Utf8JsonWriter writer, in TaskKey task)
    {
        writer.WriteString("workflow_uuid"u8, task.WorkflowUuid);
        writer.WriteString("task_uuid"u8, task.TaskUuid);
        writer.WriteNumber("retry_id"u8, task.RetryId);
    }

    private static void WriteConditions(Utf8JsonWriter writer, ImmutableArray<PodCondition> conditions)
    {
        writer.WriteStartArray("conditions"u8);
        foreach (PodCondition condition in conditions)
        {
            writer.WriteStartObject();
            writer.WriteString("reason"u8, condition.Reason);
            writer.WriteString("message"u8, condition.Message);
            // A condition without a time has always been; a time of its own would make it another one with every message.
            writer.WriteString("timestamp"u8, Time(condition.Since ?? DateTimeOffset.UnixEpoch));
            writer.WriteBoolean("status"u8, condition.Status == "True");
            writer.WriteString("type"u8, condition.Type);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
}
