using System.Text.Json;
using Osmo.Domain.Availability;
using Osmo.Grains.Listeners;

namespace Osmo.Gateway.Agents.Listener;

/// <summary>How a connection of an OSMO agent introduces itself.</summary>
internal static class ListenerIntroduction
{
    /// <summary>Reads the body of <c>init</c>; null if it does not hold what it has to.</summary>
    public static ListenerHello? Read(ListenerChannel channel, JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        string? Text(string field) =>
            body.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        try
        {
            return Text("k8s_uid") is { } uid && Text("k8s_namespace") is { } workflows && Text("version") is { } version
                ? new ListenerHello(channel, uid, workflows, version, Text("node_condition_prefix") ?? "")
                : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: JSON can write it, text cannot hold it.
            return null;
        }
    }

    /// <summary>
    /// The key of the label that the agent writes. It puts whatever it was given before the label's name; nothing is what OSMO's chart
    /// gives it.
    /// </summary>
    /// <returns>The key, and whether the prefix is a legal one.</returns>
    public static (string Key, bool IsLegal) LabelKey(string prefix) =>
        NodeConditionPrefix.TryCreate(prefix, out var legal, out _)
            ? (legal.LabelKey, true)
            : (AgentLogLines.Printable(prefix) + NodeConditionPrefix.LabelName, false);
}
