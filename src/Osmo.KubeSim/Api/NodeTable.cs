using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Storage;

namespace Osmo.KubeSim.Api;

/// <summary>The Table form of nodes, by which kubectl prints its columns.</summary>
internal static class NodeTable
{
    private const string RolePrefix = "node-role.kubernetes.io/";
    private const string None = "<none>";

    private static readonly (string Name, string Format, int Priority)[] Columns =
    [
        ("Name", "name", 0), ("Status", "", 0), ("Roles", "", 0), ("Age", "", 0), ("Version", "", 0), ("Internal-IP", "", 1),
        ("External-IP", "", 1), ("OS-Image", "", 1), ("Kernel-Version", "", 1), ("Container-Runtime", "", 1),
    ];

    public static JsonObject List(Page page, DateTimeOffset now) => Table(page.Metadata(), page.Nodes, now);

    /// <summary>The Table inside a watch event; a bookmark has no rows.</summary>
    public static JsonObject Event(SimulatedNode? node, ulong version, DateTimeOffset now) =>
        Table(new JsonObject { ["resourceVersion"] = version.ToString() }, node is null ? [] : [node], now);

    private static JsonObject Table(JsonObject metadata, IReadOnlyList<SimulatedNode> nodes, DateTimeOffset now) => new()
    {
        ["kind"] = "Table",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = metadata,
        ["columnDefinitions"] = new JsonArray([.. Columns.Select(c => new JsonObject
        {
            ["name"] = c.Name, ["type"] = "string", ["format"] = c.Format, ["description"] = c.Name, ["priority"] = c.Priority,
        })]),
        ["rows"] = new JsonArray([.. nodes.Select(n => Row(n, now))]),
    };

    private static JsonObject Row(SimulatedNode node, DateTimeOffset now)
    {
        var json = Json.Parse(node.ToJsonUtf8())!.AsObject();
        var status = json["status"]!.AsObject();
        var info = status["nodeInfo"] as JsonObject;
        var addresses = (status["addresses"] as JsonArray)?.OfType<JsonObject>().ToList() ?? [];
        string Address(string type) => addresses.FirstOrDefault(a => a.Text("type") == type).Text("address") ?? None;
        var partial = new byte[node.LengthMax(ObjectForm.MetadataOnly)];
        var length = node.Write(partial, ObjectForm.MetadataOnly, node.Version);
        return new JsonObject
        {
            ["cells"] = new JsonArray(node.Name, Status(node), Roles(node),
                Age(json["metadata"]!.AsObject().Text("creationTimestamp"), now),
                info.Text("kubeletVersion"), Address("InternalIP"), Address("ExternalIP"), Unknown(info.Text("osImage")),
                Unknown(info.Text("kernelVersion")), Unknown(info.Text("containerRuntimeVersion"))),
            ["object"] = Json.Parse(partial.AsSpan(0, length)),
        };
    }

    private static string Status(SimulatedNode node)
    {
        var status = node.ConditionStatus("Ready") switch { null => "Unknown", "True" => "Ready", _ => "NotReady" };
        return node.Unschedulable ? status + ",SchedulingDisabled" : status;
    }

    private static string Roles(SimulatedNode node)
    {
        var roles = node.Labels.Where(l => l.Key.StartsWith(RolePrefix, StringComparison.Ordinal) && l.Key.Length > RolePrefix.Length)
            .Select(l => l.Key[RolePrefix.Length..])
            .Concat(node.Labels.Where(l => l.Key == "kubernetes.io/role" && l.Value.Length > 0).Select(l => l.Value))
            .Order(StringComparer.Ordinal).ToList();
        return roles.Count == 0 ? None : string.Join(',', roles);
    }

    private static string Age(string? created, DateTimeOffset now)
    {
        if (!DateTimeOffset.TryParse(created, out var since))
        {
            return "<unknown>";
        }

        var age = now - since;
        return age switch
        {
            { TotalSeconds: < 0 } => "0s",
            { TotalMinutes: < 2 } => $"{(int)age.TotalSeconds}s",
            { TotalMinutes: < 10 } => age.Seconds == 0 ? $"{age.Minutes}m" : $"{age.Minutes}m{age.Seconds}s",
            { TotalHours: < 3 } => $"{(int)age.TotalMinutes}m",
            { TotalHours: < 8 } => age.Minutes == 0 ? $"{age.Hours}h" : $"{age.Hours}h{age.Minutes}m",
            { TotalHours: < 48 } => $"{(int)age.TotalHours}h",
            { TotalDays: < 8 } => age.Hours == 0 ? $"{age.Days}d" : $"{age.Days}d{age.Hours}h",
            _ => $"{(int)age.TotalDays}d",
        };
    }

    private static string Unknown(string? text) => string.IsNullOrEmpty(text) ? "<unknown>" : text;
}
