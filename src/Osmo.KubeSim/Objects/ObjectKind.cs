namespace Osmo.KubeSim.Objects;

/// <summary>What tells pods and events apart where they are listed and watched.</summary>
/// <param name="Kind">The kind's name in objects.</param>
/// <param name="Resource">Its name in paths and rights.</param>
/// <param name="Fields">What a fieldSelector may name.</param>
/// <param name="Empty">The members of an object of which nothing is known, after its metadata, as a bookmark has them.</param>
internal sealed record ObjectKind(string Kind, string Resource, IReadOnlySet<string> Fields, string Empty)
{
    public static readonly ObjectKind Pod = new(
        "Pod",
        "pods",
        new HashSet<string>(StringComparer.Ordinal) { "metadata.name", "metadata.namespace", "spec.nodeName", "status.phase" },
        "\"spec\":{\"containers\":null},\"status\":{}");

    public static readonly ObjectKind Event = new(
        "Event",
        "events",
        new HashSet<string>(StringComparer.Ordinal)
        {
            "metadata.name", "metadata.namespace", "involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
            "involvedObject.uid", "reason", "reportingComponent", "type",
        },
        "\"involvedObject\":{},\"source\":{},\"firstTimestamp\":null,\"lastTimestamp\":null,\"eventTime\":null,"
        + "\"reportingComponent\":\"\",\"reportingInstance\":\"\"");
}
