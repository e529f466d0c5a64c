using System.Buffers;
using Microsoft.AspNetCore.Http;
using Osmo.KubeSim.Faults;
using Osmo.KubeSim.Storage;

namespace Osmo.KubeSim.Api;

/// <summary>Lists nodes: which snapshot, which page, which form.</summary>
internal sealed class ListHandler(SimulatedCluster cluster, FaultPlan faults, KubeSimOptions options)
{
    private const string ContinueExpired =
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
        + "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided "
        + "token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was "
        + "returned and now may show up in the list.";

    private const int WriteBytesMin = 64 * 1024;

    public async Task HandleAsync(HttpContext context)
    {
        var query = ListOptions.Parse(context.Request.Query, watch: false, options.WatchListEnabled);
        if (faults.ListDelay > TimeSpan.Zero)
        {
            await Task.Delay(faults.ListDelay, cluster.Time, context.RequestAborted);
        }

        var token = query.Continue is null ? null : ContinueToken.Parse(query.Continue);
        var snapshot = await SnapshotAsync(query, token, context.RequestAborted);
        var page = Page.Of(snapshot, query, token?.After);
        var representation = Representation.Of(context.Request);
        if (representation == Representation.Table)
        {
            await Answer.JsonAsync(context, NodeTable.List(page, cluster.Time.GetUtcNow()));
            return;
        }

        await WriteAsync(context, page, representation);
    }

    /// <summary>Waits for a version that is still to come, as long as the real server would; then 504.</summary>
    public async Task WaitForVersionAsync(ulong version, CancellationToken cancel)
    {
        var deadline = cluster.Time.GetUtcNow() + options.FutureVersionWait;
        while (true)
        {
            var changed = cluster.Store.Changed;
            var current = cluster.Store.Version;
            var left = deadline - cluster.Time.GetUtcNow();
            if (current >= version)
            {
                return;
            }

            if (left <= TimeSpan.Zero)
            {
                throw Failures.TooLargeVersion(version, current);
            }

            try
            {
                await changed.WaitAsync(left, cluster.Time, cancel);
            }
            catch (TimeoutException)
            {
                throw Failures.TooLargeVersion(version, cluster.Store.Version);
            }
        }
    }

    private async Task<FleetSnapshot> SnapshotAsync(ListOptions query, ContinueToken? token, CancellationToken cancel)
    {
        var store = cluster.Store;
        if (token is not null)
        {
            return token.Version < 0
                ? store.Current
                : store.At((ulong)token.Version)
                    ?? throw Failures.Expired(ContinueExpired, new ContinueToken(-1, token.After).ToString());
        }

        if (query.Version is null or 0)
        {
            return store.Current;
        }

        var version = query.Version.Value;
        await WaitForVersionAsync(version, cancel);
        var exact = query.VersionMatch == "Exact" || (query.VersionMatch is null && query.Limit > 0);
        return !exact ? store.Current
            : store.At(version) ?? throw Failures.Expired("The resourceVersion for the provided list is too old.");
    }

    private static async Task WriteAsync(HttpContext context, Page page, Representation representation)
    {
        var form = representation == Representation.Metadata ? ObjectForm.MetadataOnly : ObjectForm.ListItem;
        var length = page.Nodes.Sum(n => (long)n.LengthMax(form));
        var response = context.Response;
        response.StatusCode = 200;
        response.ContentType = "application/json";
        var buffer = new ArrayBufferWriter<byte>((int)Math.Min(length + 512, 4 * WriteBytesMin));
        if (length < Answer.GzipBytesMin)
        {
            page.WriteHead(buffer, representation);
            WriteItems(buffer, page, form, 0, page.Nodes.Count);
            buffer.Write("]}"u8);
            await Answer.BytesAsync(context, buffer.WrittenMemory, 200);
            return;
        }

        var gzip = Answer.AcceptsGzip(context.Request) ? Answer.BeginGzip(response) : null;
        var body = gzip ?? response.Body;
        page.WriteHead(buffer, representation);
        for (var i = 0; i < page.Nodes.Count; i++)
        {
            WriteItems(buffer, page, form, i, i + 1);
            if (buffer.WrittenCount >= WriteBytesMin)
            {
                await body.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
                buffer.ResetWrittenCount();
            }
        }

        buffer.Write("]}"u8);
        await body.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
        if (gzip is not null)
        {
            await gzip.DisposeAsync();
        }
    }

    private static void WriteItems(ArrayBufferWriter<byte> buffer, Page page, ObjectForm form, int from, int until)
    {
        for (var i = from; i < until; i++)
        {
            if (i > 0)
            {
                buffer.Write(","u8);
            }

            page.Nodes[i].WriteTo(buffer, form);
        }
    }
}
