using System.Globalization;

namespace Osmo.Kubernetes;

/// <summary>
/// Lists the pods of all namespaces page by page. When a page's token expires, it starts again, and in the end asks for everything at once.
/// </summary>
internal sealed class PodLister(ApiConnection connection, int pageItems)
{
    /// <summary>How often an expired continue token restarts a paged list before paging is given up.</summary>
    public const int RestartsMax = 3;

    private const string What = "list pods";
    private const int PageBytesMax = 512 << 20;

    public async Task<PodPage> ListAsync(CancellationToken cancellation)
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

    private async Task<PodPage> ListPagesAsync(bool isPaged, CancellationToken cancellation)
    {
        List<PodProjection> pods = [];
        string token = "";
        while (true)
        {
            string limit = isPaged ? $"?limit={pageItems.ToString(CultureInfo.InvariantCulture)}" : "";
            string path = $"/api/v1/pods{limit}{(token.Length > 0 ? $"&continue={Uri.EscapeDataString(token)}" : "")}";
            using HttpResponseMessage response = await connection
                .SendAsync(HttpMethod.Get, path, What, body: null, cancellation).ConfigureAwait(false);
            byte[] body = await connection.ReadBodyAsync(response, PageBytesMax, cut: false, What, cancellation).ConfigureAwait(false);
            PodPage page = Read(body);
            pods.AddRange(page.Pods);
            if (page.Continue.Length == 0)
            {
                return page with { Pods = pods };
            }

            token = page.Continue != token ? page.Continue : throw Malformed("a page names itself as the next one", null);
        }
    }

    private static PodPage Read(byte[] body)
    {
        try
        {
            return PodReader.ReadList(body);
        }
        catch (JsonFormatException e)
        {
            throw Malformed(e.Message, e);
        }
    }

    private static KubernetesApiException Malformed(string why, Exception? e) =>
        new(KubernetesFailure.MalformedResponse, $"cannot {What}: the answer is unusable: {why}.", e);
}
