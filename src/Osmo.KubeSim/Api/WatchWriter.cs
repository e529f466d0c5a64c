using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Selectors;
using Osmo.KubeSim.Storage;

namespace Osmo.KubeSim.Api;

/// <summary>Writes watch events, one line and one chunk each, seen through the watch's selectors.</summary>
internal sealed class WatchWriter(HttpResponse response, Representation representation, NodeSelection selection, TimeProvider time)
{
    private const string EmptyNode =
        ",\"spec\":{},\"status\":{\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":0}},\"nodeInfo\":{\"machineID\":\"\","
        + "\"systemUUID\":\"\",\"bootID\":\"\",\"kernelVersion\":\"\",\"osImage\":\"\",\"containerRuntimeVersion\":\"\","
        + "\"kubeletVersion\":\"\",\"kubeProxyVersion\":\"\",\"operatingSystem\":\"\",\"architecture\":\"\"}}";

    private readonly PipeWriter _body = response.BodyWriter;

    public ValueTask<FlushResult> AddedAsync(SimulatedNode node, CancellationToken cancel) =>
        NodeAsync("ADDED", node, node.Version, cancel);

    /// <summary>
    /// Sends the change as this watch sees it. A node that leaves the selection is DELETED with its old state and the new version.
    /// </summary>
    public ValueTask<FlushResult> EventAsync(StoreEvent entry, CancellationToken cancel)
    {
        var before = entry.Previous is not null && selection.Matches(entry.Previous);
        var after = entry.Kind != EventKind.Deleted && selection.Matches(entry.Node);
        return (before, after) switch
        {
            (false, false) => default,
            (false, true) => NodeAsync("ADDED", entry.Node, entry.Version, cancel),
            (true, true) => NodeAsync("MODIFIED", entry.Node, entry.Version, cancel),
            _ => NodeAsync("DELETED", entry.Kind == EventKind.Deleted ? entry.Node : entry.Previous!, entry.Version, cancel),
        };
    }

    public ValueTask<FlushResult> BookmarkAsync(ulong version, bool endOfInitialEvents, CancellationToken cancel)
    {
        if (representation == Representation.Table)
        {
            return LineAsync("BOOKMARK", NodeTable.Event(null, version, time.GetUtcNow()), cancel);
        }

        var partial = representation == Representation.Metadata;
        var text = new StringBuilder("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"")
            .Append(partial ? "PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1" : "Node\",\"apiVersion\":\"v1")
            .Append("\",\"metadata\":{\"resourceVersion\":\"").Append(version).Append('"')
            .Append(endOfInitialEvents ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "")
            .Append('}').Append(partial ? "" : EmptyNode).Append("}}\n");
        return _body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), cancel);
    }

    public ValueTask<FlushResult> ErrorAsync(StatusBody status, CancellationToken cancel) => LineAsync("ERROR", status.ToJson(), cancel);

    public ValueTask<FlushResult> HalfLineAsync(CancellationToken cancel) =>
        _body.WriteAsync(
            "{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"cut-in"u8.ToArray(),
            cancel);

    public ValueTask<FlushResult> GarbageAsync(CancellationToken cancel) =>
        _body.WriteAsync("\u0001<html>not an event}\n"u8.ToArray(), cancel);

    private ValueTask<FlushResult> LineAsync(string type, JsonObject body, CancellationToken cancel) =>
        _body.WriteAsync(Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"object\":{Json.ToText(body)}}}\n"), cancel);

    private async ValueTask<FlushResult> NodeAsync(string type, SimulatedNode node, ulong version, CancellationToken cancel)
    {
        if (representation == Representation.Table)
        {
            return await LineAsync(type, NodeTable.Event(node.At(version), version, time.GetUtcNow()), cancel);
        }

        var form = representation == Representation.Metadata ? ObjectForm.MetadataOnly : ObjectForm.Full;
        var line = ArrayPool<byte>.Shared.Rent(node.LengthMax(form) + 64);
        try
        {
            var at = Encoding.ASCII.GetBytes(type, Put(line, 0, "{\"type\":\""u8));
            at += 9;
            at += Copy(line.AsSpan(at), "\",\"object\":"u8);
            at += node.Write(line.AsSpan(at), form, version);
            at += Copy(line.AsSpan(at), "}\n"u8);
            return await _body.WriteAsync(line.AsMemory(0, at), cancel);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(line);
        }
    }

    private static Span<byte> Put(byte[] line, int at, ReadOnlySpan<byte> bytes) => line.AsSpan(at + Copy(line.AsSpan(at), bytes));

    private static int Copy(Span<byte> target, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target);
        return bytes.Length;
    }
}
