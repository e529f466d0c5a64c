using System.Globalization;

namespace Osmo.Kubernetes;

/// <summary>One watch of all objects of a kind, from a version to whatever ends it. Used once.</summary>
internal sealed class ObjectWatch<T>(
    ApiConnection connection,
    ObjectKind<T> kind,
    IObjectSink<T> sink,
    ReflectorOptions options,
    TimeProvider time,
    Random random,
    string resourceVersion)
    : IWatchLineHandler
    where T : class
{
    // The server ends a watch at its timeout by itself; one that outlives it by this much is a connection nobody serves any more.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _timeout = options.WatchTimeoutMin * (1 + random.NextDouble());
    private KubernetesApiException? _failure;

    private string What => $"watch {kind.Resource}";

    /// <summary>The version up to which everything has been handed over.</summary>
    public string ResourceVersion { get; private set; } = resourceVersion;

    /// <summary>Events and bookmarks received.</summary>
    public int Received { get; private set; }

    /// <summary>How long the server was asked to keep it open: one that ends sooner was broken off.</summary>
    public TimeSpan Asked => TimeSpan.FromSeconds(Seconds);

    private long Seconds => Math.Max(1, (long)_timeout.TotalSeconds);

    /// <summary>Watches until it ends; null when that was in good order.</summary>
    public async Task<KubernetesApiException?> RunAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource lifetime = new(_timeout + Grace, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(lifetime.Token, cancellation);
        try
        {
            string seconds = Seconds.ToString(CultureInfo.InvariantCulture);
            string version = Uri.EscapeDataString(ResourceVersion);
            string path = $"{kind.Path}?watch=true&allowWatchBookmarks=true&resourceVersion={version}&timeoutSeconds={seconds}";
            using HttpResponseMessage response =
                await connection.SendAsync(HttpMethod.Get, path, What, body: null, both.Token).ConfigureAwait(false);
            using Stream stream = await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false);
            using IdleLimit limit = new(options.WatchIdleMax, time, both.Token);
            WatchLinesEnd end = await WatchLines.ReadAsync(stream, connection.Options.NodeBytesMax, this, limit).ConfigureAwait(false);
            return _failure ?? end switch
            {
                WatchLinesEnd.Clean => null,
                WatchLinesEnd.Cut => Broken("the stream ends in the middle of a line"),
                _ => Broken($"a line is longer than {connection.Options.NodeBytesMax} bytes"),
            };
        }
        catch (KubernetesApiException e)
        {
            return e;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return lifetime.IsCancellationRequested && Received > 0
                ? null
                : new KubernetesApiException(
                    KubernetesFailure.Timeout,
                    $"the watch of {kind.Resource} stayed silent for {options.WatchIdleMax.TotalSeconds:F0} s; its connection is taken for "
                    + "dead.");
        }
        catch (Exception e) when (ApiFailures.IsTransport(e) && !cancellation.IsCancellationRequested)
        {
            return connection.Broken(e, What);
        }
    }

    public bool OnLine(ReadOnlySpan<byte> line)
    {
        ObjectEvent<T> happened;
        try
        {
            happened = ObjectReader.ReadEvent(kind, line);
        }
        catch (JsonFormatException e)
        {
            _failure = Broken(e.Message);
            return false;
        }

        if (happened.Status is { } status)
        {
            _failure = connection.Failed(status);
            return false;
        }

        Received++;
        if (happened.Skipped is { } why)
        {
            sink.Skipped(why);
        }
        else if (happened.Item is { } item && happened.Type is WatchEventType.Added or WatchEventType.Modified)
        {
            sink.Upsert(item);
        }
        else if (happened.Item is { } gone && happened.Type == WatchEventType.Deleted)
        {
            sink.Delete(gone);
        }

        ResourceVersion = happened.ResourceVersion.Length > 0 ? happened.ResourceVersion : ResourceVersion;
        return true;
    }

    public void OnBatch()
    {
    }

    private KubernetesApiException Broken(string error) =>
        new(KubernetesFailure.MalformedResponse, $"cannot {What}: a line is unusable: {error}.");
}
