using System.Buffers;
using System.Text;

namespace Osmo.Kubernetes;

/// <summary>Lists nodes page by page. When a page's token expires, it starts again, and in the end asks for everything at once.</summary>
internal sealed class NodeLister(ApiConnection connection, NodeDecoder decoder, IKnownNodes? known, NodeListOptions options)
{
    /// <summary>How often an expired continue token restarts a paged list before paging is given up.</summary>
    public const int RestartsMax = 3;

    private const string What = "list nodes";
    private const int BufferBytesInitial = 1 << 16;

    public async Task<NodeList> ListAsync(CancellationToken cancellation)
    {
        for (int restart = 0; ; restart++)
        {
            try
            {
                return await ListPagesAsync(isPaged: restart < RestartsMax, cancellation).ConfigureAwait(false);
            }
            catch (KubernetesApiException e) when (e.Failure == KubernetesFailure.Expired && restart < RestartsMax
                && options.ExactResourceVersion is null)
            {
                // The snapshot the first page was read from is gone: its pages cannot be completed consistently.
            }
        }
    }

    private async Task<NodeList> ListPagesAsync(bool isPaged, CancellationToken cancellation)
    {
        List<NodeProjection> nodes = [];
        List<MalformedNode> malformed = [];
        string token = "";
        while (true)
        {
            using HttpResponseMessage response = await connection
                .SendAsync(HttpMethod.Get, PathOf(isPaged, token), What, body: null, cancellation).ConfigureAwait(false);
            NodeListHeader header = await ReadPageAsync(response, nodes, malformed, cancellation).ConfigureAwait(false);
            if (header.Continue.Length == 0)
            {
                return new NodeList(nodes, header.ResourceVersion, malformed);
            }

            if (header.Continue == token)
            {
                throw Malformed("a page names itself as the next one", null);
            }

            token = header.Continue;
        }
    }

    private string PathOf(bool isPaged, string token)
    {
        StringBuilder path = new("/api/v1/nodes?");
        if (isPaged)
        {
            path.Append("limit=").Append(options.PageItems ?? connection.Options.ListPageItems).Append('&');
        }

        if (options.LabelSelector is { Length: > 0 } selector)
        {
            path.Append("labelSelector=").Append(Uri.EscapeDataString(selector)).Append('&');
        }

        if (token.Length > 0)
        {
            // A server refuses a resource version beside a continue token, which carries its own.
            path.Append("continue=").Append(Uri.EscapeDataString(token));
        }
        else if (options.ExactResourceVersion is { } version)
        {
            path.Append("resourceVersion=").Append(Uri.EscapeDataString(version)).Append("&resourceVersionMatch=Exact");
        }

        return path.ToString().TrimEnd('&', '?');
    }

    private async Task<NodeListHeader> ReadPageAsync(
        HttpResponseMessage response, List<NodeProjection> nodes, List<MalformedNode> malformed, CancellationToken cancellation)
    {
        NodeListParser parser = new(decoder, known, nodes.Add, malformed.Add);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytesInitial);
        int count = 0;
        try
        {
            using Stream stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            using IdleLimit limit = new(connection.Options.BodyIdleTimeout, connection.Time, cancellation);
            for (int read; (read = await stream.ReadAsync(buffer.AsMemory(count), limit.Restart()).ConfigureAwait(false)) > 0;)
            {
                count += read;
                int consumed = parser.Feed(buffer.AsSpan(0, count));
                buffer.AsSpan(consumed, count - consumed).CopyTo(buffer);
                count -= consumed;
                buffer = count == buffer.Length ? Grow(buffer) : buffer;
            }
        }
        catch (JsonFormatException e)
        {
            throw Malformed(e.Message, e);
        }
        catch (Exception e) when (ApiFailures.IsTransport(e) && !cancellation.IsCancellationRequested)
        {
            throw connection.Broken(e, What);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (!parser.IsComplete)
        {
            throw Malformed("it ends in the middle", null);
        }

        return parser.Header is { HasItems: true } header ? header : throw Malformed($"it is a {parser.Header.Kind}, not a list", null);
    }

    private byte[] Grow(byte[] buffer)
    {
        if (buffer.Length >= connection.Options.NodeBytesMax)
        {
            throw Malformed($"a single node is larger than {connection.Options.NodeBytesMax} bytes", null);
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static KubernetesApiException Malformed(string why, Exception? e) =>
        new(KubernetesFailure.MalformedResponse, $"cannot {What}: the answer is unusable: {why}.", e);
}
