using System.Text;
using System.Text.Json.Nodes;
using Osmo.Kubernetes;
using Osmo.Testing.Kubernetes;

namespace Osmo.Unit.Tests.Agent.Workflows;

/// <summary>Pods and events as the agent reads them off the wire.</summary>
internal static class ReadPods
{
    private static readonly ObjectKind<EventProjection> Events = new("events", "/events", EventReader.Read);

    public static PodProjection Read(this PodJson pod) => Read(pod.Json);

    public static PodProjection Read(JsonObject pod) => Line(PodReflector.Kind, pod).Item!;

    public static EventProjection ReadEvent(JsonObject entry) => Line(Events, entry).Item!;

    private static ObjectEvent<T> Line<T>(ObjectKind<T> kind, JsonObject item)
        where T : class =>
        ObjectReader.ReadEvent(kind, Encoding.UTF8.GetBytes($$"""{"type":"MODIFIED","object":{{item.ToJsonString()}}}"""));
}
