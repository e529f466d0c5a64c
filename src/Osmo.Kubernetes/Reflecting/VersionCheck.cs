using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Osmo.Kubernetes;

/// <summary>
/// Finds out, after a watch that was broken off, whether the server still has the version that it is to be resumed from. An etcd that was
/// restored from a backup goes back in versions, and a watch from its future is answered with silence: what happens until the server has
/// come to that version again would be missed.
/// </summary>
/// <param name="connection">The server.</param>
/// <param name="path">Where what is watched is listed.</param>
/// <param name="resource">Its name in messages, such as nodes.</param>
/// <param name="logger">Told when the server went back.</param>
internal sealed class VersionCheck(ApiConnection connection, string path, string resource, ILogger logger)
{
    private string What => $"read the resource version of {resource}";

    /// <summary>Whether the server is behind a version; true as well if it does not say, for then a list is due.</summary>
    /// <param name="version">The version that a watch is to be resumed from.</param>
    /// <param name="triesMax">How often to ask.</param>
    /// <param name="pause">Waits after a failure.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public async Task<bool> IsBehindAsync(
        string version, int triesMax, Func<KubernetesApiException, CancellationToken, Task> pause, CancellationToken cancellation)
    {
        for (int tries = 0; tries < triesMax; tries++)
        {
            try
            {
                string? current = await FindBehindAsync(version, cancellation).ConfigureAwait(false);
                if (current is not null)
                {
                    KubernetesLog.WentBack(logger, current, version);
                }

                return current is not null;
            }
            catch (KubernetesApiException e)
            {
                await pause(e, cancellation).ConfigureAwait(false);
            }
        }

        return true;
    }

    /// <summary>
    /// The server's version if it is behind the given one, from the smallest list there is; null where it is not, and where versions cannot
    /// be compared.
    /// </summary>
    /// <exception cref="KubernetesApiException">It does not answer as it should.</exception>
    private async Task<string?> FindBehindAsync(string version, CancellationToken cancellation)
    {
        if (!ResourceVersions.IsComparable(version))
        {
            return null;
        }

        // Without a version a list is the most recent state, and not what the server has in its cache.
        using HttpResponseMessage response =
            await connection.SendAsync(HttpMethod.Get, $"{path}?limit=1", What, body: null, cancellation).ConfigureAwait(false);
        byte[] body = await connection
            .ReadBodyAsync(response, connection.Options.NodeBytesMax, cut: false, What, cancellation).ConfigureAwait(false);
        string current = VersionOf(body);
        return ResourceVersions.IsOlder(current, than: version) ? current : null;
    }

    private string VersionOf(byte[] body)
    {
        try
        {
            using JsonDocument list = JsonDocument.Parse(body);
            if (list.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("metadata", out JsonElement metadata)
                && metadata.ValueKind == JsonValueKind.Object
                && metadata.TryGetProperty("resourceVersion", out JsonElement version)
                && version.ValueKind == JsonValueKind.String)
            {
                return version.GetString()!;
            }
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new KubernetesApiException(KubernetesFailure.MalformedResponse, $"cannot {What}: the answer is no list.");
    }
}
