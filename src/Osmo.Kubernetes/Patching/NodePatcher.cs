using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Osmo.Kubernetes;

/// <summary>Pace of a <see cref="NodePatcher"/>.</summary>
public sealed record NodePatcherOptions
{
    /// <summary>Patches a second on average. client-go's default of 5 labels a fleet of 1,000 nodes in over three minutes.</summary>
    public double PatchesPerSecond { get; init; } = 50;

    /// <summary>Patches at once.</summary>
    public int PatchBurst { get; init; } = 100;
}

/// <summary>
/// Patches nodes' labels with JSON merge patches, paced for the server's sake. Never retries by itself: whoever wants a label
/// reconciles. When the server asks for a pause, every following patch waits for its end. Safe for several threads.
/// </summary>
public sealed class NodePatcher
{
    private const string MergePatch = "application/merge-patch+json";

    private readonly KubernetesClient _client;
    private readonly TokenBucket _pace;
    private readonly ILogger _logger;
    private readonly Lock _decoderLock = new();
    private readonly NodeDecoder _decoder = new();

    /// <summary>Creates a patcher.</summary>
    public NodePatcher(KubernetesClient client, NodePatcherOptions? options = null, TimeProvider? time = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        options ??= new NodePatcherOptions();
        _client = client;
        _pace = new TokenBucket(options.PatchesPerSecond, options.PatchBurst, time ?? TimeProvider.System);
        _logger = logger ?? NullLogger.Instance;
    }

    /// <summary>Sets and removes labels of a node.</summary>
    /// <param name="name">The node.</param>
    /// <param name="labels">Label keys with their new values; null removes the label.</param>
    /// <param name="uid">When given, the patch applies only to the node with this uid; another one answers Conflict.</param>
    /// <param name="cancellation">Ends the attempt, also while it waits for its turn.</param>
    public async Task<PatchResult> PatchLabelsAsync(
        string name, IReadOnlyCollection<KeyValuePair<string, string?>> labels, string? uid, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(labels);
        string path = $"/api/v1/nodes/{Uri.EscapeDataString(name)}";
        string what = $"patch the labels of node {name}";
        await _pace.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            using HttpResponseMessage response = await _client.Connection
                .SendAsync(HttpMethod.Patch, path, what, (Body(labels, uid), MergePatch), cancellation).ConfigureAwait(false);
            if (response.Headers.TryGetValues("Warning", out IEnumerable<string>? warnings))
            {
                KubernetesLog.PatchWarning(_logger, name, KubernetesStatus.Shorten(string.Join("; ", warnings)));
            }

            byte[] body = await _client.Connection
                .ReadBodyAsync(response, _client.Connection.Options.NodeBytesMax, cut: false, what, cancellation).ConfigureAwait(false);
            lock (_decoderLock)
            {
                return new PatchResult { Outcome = PatchOutcome.Applied, Node = KubernetesClient.DecodeNode(body, _decoder, path) };
            }
        }
        catch (KubernetesApiException e)
        {
            if (e.RetryAfter is { } pause)
            {
                _pace.PauseFor(pause);
            }

            return new PatchResult { Outcome = OutcomeOf(e.Failure), RetryAfter = e.RetryAfter, Error = e.Message };
        }
    }

    private static PatchOutcome OutcomeOf(KubernetesFailure failure) => failure switch
    {
        KubernetesFailure.NotFound => PatchOutcome.NotFound,
        KubernetesFailure.Conflict => PatchOutcome.Conflict,
        KubernetesFailure.Invalid => PatchOutcome.Invalid,
        KubernetesFailure.Unauthorized or KubernetesFailure.Forbidden or KubernetesFailure.Credentials => PatchOutcome.Forbidden,
        KubernetesFailure.Throttled => PatchOutcome.Throttled,
        _ => PatchOutcome.Unavailable,
    };

    private static byte[] Body(IReadOnlyCollection<KeyValuePair<string, string?>> labels, string? uid)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            if (uid is not null)
            {
                json.WriteString("uid", uid);
            }

            json.WriteStartObject("labels");
            foreach ((string key, string? value) in labels)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }
}
