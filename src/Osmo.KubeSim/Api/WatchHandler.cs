using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Osmo.KubeSim.Faults;

namespace Osmo.KubeSim.Api;

/// <summary>Opens watches: where they start and what comes first.</summary>
internal sealed class WatchHandler(
    SimulatedCluster cluster, FaultPlan faults, KubeSimOptions options, ListHandler lists, RequestCounters counters)
{
    public async Task HandleAsync(HttpContext context, string? name)
    {
        var query = ListOptions.Parse(context.Request.Query, watch: true, options.WatchListEnabled);
        if (name is not null)
        {
            query = query with { Selection = query.Selection with { Fields = Selectors.FieldSelector.Parse("metadata.name=" + name) } };
        }

        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.StatusCode = 200;
        context.Response.ContentType = "application/json";
        var writer = new WatchWriter(context.Response, Representation.Of(context.Request), query.Selection, cluster.Time);
        var stream = new WatchStream(context, cluster, faults, options, query, writer);
        faults.Register(stream);
        counters.WatchOpened();
        try
        {
            await context.Response.StartAsync(context.RequestAborted);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            await RunAsync(context, query, writer, stream);
        }
        finally
        {
            counters.WatchClosed();
            faults.Unregister(stream);
        }
    }

    private async Task RunAsync(HttpContext context, ListOptions query, WatchWriter writer, WatchStream stream)
    {
        var initial = query.SendInitialEvents ?? query.Version is null or 0;
        long cursor;
        if (!initial)
        {
            if (query.Version is null or 0)
            {
                stream.StartAfter = cluster.Store.OpenAtCurrent(out cursor).Version;
            }
            else if (!cluster.Store.TryOpenCursor(query.Version.Value, out cursor, out var oldest))
            {
                var expired = Failures.Expired($"too old resource version: {query.Version} ({oldest})");
                await writer.ErrorAsync(expired.Status, context.RequestAborted);
                return;
            }
            else
            {
                stream.StartAfter = query.Version.Value;
            }

            await stream.RunAsync(cursor);
            return;
        }

        if (query.SendInitialEvents == true && query.Version is > 0)
        {
            try
            {
                await lists.WaitForVersionAsync(query.Version.Value, context.RequestAborted);
            }
            catch (ApiException e)
            {
                await writer.ErrorAsync(e.Status, context.RequestAborted);
                return;
            }
        }

        var snapshot = cluster.Store.OpenAtCurrent(out cursor);
        stream.StartAfter = snapshot.Version;
        await faults.SilenceEnded.WaitAsync(context.RequestAborted);
        foreach (var node in snapshot.Nodes.Values)
        {
            if (query.Selection.Matches(node))
            {
                await writer.AddedAsync(node, context.RequestAborted);
            }
        }

        if (query.AllowBookmarks && options.WatchListEnabled)
        {
            await writer.BookmarkAsync(snapshot.Version, endOfInitialEvents: true, context.RequestAborted);
        }

        await stream.RunAsync(cursor);
    }
}
