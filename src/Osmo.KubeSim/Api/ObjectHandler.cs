using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Osmo.KubeSim.Faults;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Selectors;
using Osmo.KubeSim.Storage;

namespace Osmo.KubeSim.Api;

/// <summary>
/// Lists and watches pods or events, of one namespace or all. Watches know no selectors, and nothing can be written over the API.
/// </summary>
internal sealed class ObjectHandler(
    ObjectKind kind, ObjectStore store, SimulatedCluster cluster, FaultPlan faults, KubeSimOptions options)
{
    public async Task ListAsync(HttpContext context, string? ns)
    {
        var query = ListOptions.Parse(context.Request.Query, watch: false, options.WatchListEnabled, nodes: false);
        var selection = SelectionOf(ns, context.Request.Query);
        var token = query.Continue is null ? null : ContinueToken.Parse(query.Continue);
        var snapshot = token is null || token.Version < 0
            ? store.Current
            : store.At((ulong)token.Version) ?? throw Failures.Expired(
                "The provided continue parameter is too old to display a consistent list result.",
                new ContinueToken(-1, token.After).ToString());
        var rest = snapshot.Objects.Values
            .Where(item => (token is null || string.CompareOrdinal(item.Key, token.After) > 0) && selection.Matches(item)).ToList();
        var page = query.Limit > 0 && rest.Count > query.Limit ? rest[..query.Limit] : rest;
        var metadata = new JsonObject { ["resourceVersion"] = snapshot.Version.ToString() };
        if (page.Count < rest.Count)
        {
            metadata["continue"] = new ContinueToken((long)snapshot.Version, page[^1].Key).ToString();
            if (selection.MatchesEverything)
            {
                metadata["remainingItemCount"] = rest.Count - page.Count;
            }
        }

        var body = new ArrayBufferWriter<byte>();
        body.Write(Encoding.UTF8.GetBytes(
            $"{{\"kind\":\"{kind.Kind}List\",\"apiVersion\":\"v1\",\"metadata\":{Json.ToText(metadata)},\"items\":["));
        for (var i = 0; i < page.Count; i++)
        {
            body.Write(i > 0 ? ","u8 : default);
            body.Write(page[i].JsonUtf8.Span);
        }

        body.Write("]}"u8);
        await Answer.BytesAsync(context, body.WrittenMemory, 200);
    }

    public async Task WatchAsync(HttpContext context, string? ns)
    {
        var query = ListOptions.Parse(context.Request.Query, watch: true, options.WatchListEnabled, nodes: false);
        var selection = SelectionOf(ns, context.Request.Query);
        if (!selection.MatchesEverything)
        {
            throw Failures.BadRequest($"watches of {kind.Resource} with selectors are not simulated");
        }

        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.StatusCode = 200;
        context.Response.ContentType = "application/json";
        var stream = new ObjectWatchStream(context, kind, store, selection, cluster.Time, faults, options, query);
        faults.Register(stream);
        try
        {
            await context.Response.StartAsync(context.RequestAborted);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            await stream.RunAsync();
        }
        finally
        {
            faults.Unregister(stream);
        }
    }

    private ObjectSelection SelectionOf(string? ns, IQueryCollection query)
    {
        try
        {
            return ObjectSelection.Parse(kind, ns, query["labelSelector"], query["fieldSelector"]);
        }
        catch (FormatException e)
        {
            throw Failures.BadRequest(e.Message);
        }
    }
}
