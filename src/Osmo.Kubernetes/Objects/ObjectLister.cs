using System.Globalization;

namespace Osmo.Kubernetes;

/// <summary>
/// Lists all objects of a kind page by page. When a page's token expires, it starts again, and in the end asks for everything at once.
/// </summary>
internal sealed class ObjectLister<T>(ApiConnection connection, ObjectKind<T> kind, int pageItems)
    where T : class
{
    /// <summary>How often an expired continue token restarts a paged list before paging is given up.</summary>
    private const int RestartsMax = 3;

    private const int PageBytesMax = 512 << 20;

    private string What => $"list {kind.Resource}";

    public async Task<ObjectPage<T>> ListAsync(CancellationToken cancellation)
    {
        for (int restart = 0; ; restart++)
        {
            try
            {
                return await ListPagesAsync(isPaged: restart < RestartsMax, cancellation).ConfigureAwait(false);
            }
            catch (KubernetesApiException e) when (e.Failure == KubernetesFailure.Expired && restart < RestartsMax)
            {
                // The snapshot the first page was read from is gone: its pages cannot be completed consistently.
            }
        }
    }

    private async Task<ObjectPage<T>> ListPagesAsync(bool isPaged, CancellationToken cancellation)
    {
        List<T> items = [];
        List<string> skipped = [];
        string token = "";
        while (true)
        {
            string limit = isPaged ? $"?limit={pageItems.ToString(CultureInfo.InvariantCulture)}" : "";
            string path = $"{kind.Path}{limit}{(token.Length > 0 ? $"&continue={Uri.EscapeDataString(token)}" : "")}";
            using HttpResponseMessage response = await connection
                .SendAsync(HttpMethod.Get, path, What, body: null, cancellation).ConfigureAwait(false);
            byte[] body = await connection.ReadBodyAsync(response, PageBytesMax, cut: false, What, cancellation).ConfigureAwait(false);
            ObjectPage<T> page = Read(body);
            items.AddRange(page.Items);
            skipped.AddRange(page.Skipped);
            if (page.Continue.Length == 0)
            {
                return page with { Items = items, Skipped = skipped };
            }

            token = page.Continue != token ? page.Continue : throw Malformed("a page names itself as the next one", null);
        }
    }

    private ObjectPage<T> Read(byte[] body)
    {
        try
        {
            return ObjectReader.ReadList(kind, body);
        }
        catch (JsonFormatException e)
        {
            throw Malformed(e.Message, e);
        }
    }

    private KubernetesApiException Malformed(string why, Exception? e) =>
        new(KubernetesFailure.MalformedResponse, $"cannot {What}: the answer is unusable: {why}.", e);
}
