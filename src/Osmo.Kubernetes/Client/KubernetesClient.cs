using System.Text.Json;

namespace Osmo.Kubernetes;

/// <summary>
/// A thin client of one Kubernetes API server: the few requests that this product makes, without an object model. Every failure is a
/// <see cref="KubernetesApiException"/>. Safe for several threads.
/// </summary>
public sealed class KubernetesClient : IDisposable
{
    /// <summary>
    /// What API servers write into managedFields for what this client changes: the beginning of its user agent, as it names no other.
    /// </summary>
    public const string FieldManager = "osmo";

    private const int SmallBodyBytesMax = 16 << 20;

    /// <summary>Creates a client; no connection is made yet.</summary>
    /// <param name="configuration">Server and credentials.</param>
    /// <param name="options">Limits; the defaults when null.</param>
    /// <param name="time">Clock for time limits.</param>
    public KubernetesClient(KubernetesConfiguration configuration, KubernetesClientOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Configuration = configuration;
        Connection = new ApiConnection(configuration, options ?? new KubernetesClientOptions(), time ?? TimeProvider.System);
    }

    /// <summary>The server and credentials in use. Holds secrets.</summary>
    public KubernetesConfiguration Configuration { get; }

    internal ApiConnection Connection { get; }

    /// <summary>The uid of a namespace; that of kube-system identifies a cluster.</summary>
    public async Task<string> GetNamespaceUidAsync(string name, CancellationToken cancellation)
    {
        string path = $"/api/v1/namespaces/{Uri.EscapeDataString(name)}";
        using JsonDocument document = await GetJsonAsync(path, $"read namespace {name}", cancellation).ConfigureAwait(false);
        return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("metadata", out JsonElement metadata)
            ? Text(metadata, "uid", path)
            : throw NotKubernetes(path);
    }

    /// <summary>One node.</summary>
    /// <exception cref="KubernetesApiException">Also when the node is malformed.</exception>
    public async Task<NodeProjection> GetNodeAsync(string name, NodeDecoder? decoder, CancellationToken cancellation)
    {
        string path = $"/api/v1/nodes/{Uri.EscapeDataString(name)}";
        byte[] body = await GetAsync(path, $"read node {name}", Connection.Options.NodeBytesMax, cancellation).ConfigureAwait(false);
        return DecodeNode(body, decoder ?? new NodeDecoder(), path);
    }

    /// <summary>Who set the value that a label of a node has, by its managedFields: the latest first. Empty if that is not said.</summary>
    public async Task<IReadOnlyList<string>> GetLabelManagersAsync(string node, string labelKey, CancellationToken cancellation)
    {
        string path = $"/api/v1/nodes/{Uri.EscapeDataString(node)}";
        using JsonDocument document = await GetJsonAsync(path, $"read node {node}", cancellation).ConfigureAwait(false);
        return ManagedFields.ManagersOfLabel(document.RootElement, labelKey);
    }

    /// <summary>All nodes, consistently, page by page.</summary>
    /// <param name="options">Which; all when null.</param>
    /// <param name="decoder">Decoder to share parts with; a new one when null.</param>
    /// <param name="known">Nodes known before: unchanged ones come back as the same instances.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public Task<NodeList> ListNodesAsync(
        NodeListOptions? options, NodeDecoder? decoder, IKnownNodes? known, CancellationToken cancellation) =>
        new NodeLister(Connection, decoder ?? new NodeDecoder(), known, options ?? new NodeListOptions()).ListAsync(cancellation);

    /// <inheritdoc/>
    public void Dispose() => Connection.Dispose();

    internal static NodeProjection DecodeNode(ReadOnlySpan<byte> body, NodeDecoder decoder, string path)
    {
        try
        {
            return decoder.DecodeNode(body, known: null, out MalformedNode? malformed) is { } node && malformed is null
                ? node
                : throw new KubernetesApiException(KubernetesFailure.MalformedResponse, $"{path} answered with {malformed}.");
        }
        catch (JsonFormatException e)
        {
            throw NotKubernetes(path, e);
        }
    }

    private async Task<byte[]> GetAsync(string path, string what, int bytesMax, CancellationToken cancellation)
    {
        using HttpResponseMessage response =
            await Connection.SendAsync(HttpMethod.Get, path, what, body: null, cancellation).ConfigureAwait(false);
        return await Connection.ReadBodyAsync(response, bytesMax, cut: false, what, cancellation).ConfigureAwait(false);
    }

    private async Task<JsonDocument> GetJsonAsync(string path, string what, CancellationToken cancellation)
    {
        byte[] body = await GetAsync(path, what, SmallBodyBytesMax, cancellation).ConfigureAwait(false);
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException e)
        {
            throw NotKubernetes(path, e);
        }
    }

    private static string Text(JsonElement parent, string name, string path) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : throw NotKubernetes(path);

    private static KubernetesApiException NotKubernetes(string path, Exception? e = null) => new(
        KubernetesFailure.MalformedResponse,
        $"the answer to {path} is not what a Kubernetes API server sends. Is this the address of one?",
        e);
}
