using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Storage;

namespace Osmo.KubeSim.Api;

/// <summary>One page of a list: the nodes and the list's metadata.</summary>
internal sealed record Page(ulong Version, IReadOnlyList<SimulatedNode> Nodes, ContinueToken? Next, int? Remaining)
{
    public static Page Of(FleetSnapshot snapshot, ListOptions query, string? after)
    {
        // With resourceVersion=0 the answer comes from the watch cache, which does not page.
        var limit = query.Version == 0 && query.Continue is null ? 0 : query.Limit;
        var nodes = new List<SimulatedNode>();
        var remaining = 0;
        foreach (var (name, node) in snapshot.Nodes)
        {
            if ((after is not null && string.CompareOrdinal(name, after) < 0) || !query.Selection.Matches(node))
            {
                continue;
            }

            if (limit > 0 && nodes.Count == limit)
            {
                remaining++;
            }
            else
            {
                nodes.Add(node);
            }
        }

        var next = remaining == 0 ? null : ContinueToken.Following((long)snapshot.Version, nodes[^1].Name);
        return new Page(snapshot.Version, nodes, next, remaining == 0 || !query.Selection.MatchesEverything ? null : remaining);
    }

    public JsonObject Metadata()
    {
        var metadata = new JsonObject { ["resourceVersion"] = Version.ToString() };
        if (Next is not null)
        {
            metadata["continue"] = Next.ToString();
        }

        if (Remaining is not null)
        {
            metadata["remainingItemCount"] = Remaining;
        }

        return metadata;
    }

    public void WriteHead(IBufferWriter<byte> writer, Representation representation)
    {
        var type = representation == Representation.Metadata
            ? "{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":"
            : "{\"kind\":\"NodeList\",\"apiVersion\":\"v1\",\"metadata\":";
        writer.Write(Encoding.UTF8.GetBytes(type + Json.ToText(Metadata()) + ",\"items\":["));
    }
}
