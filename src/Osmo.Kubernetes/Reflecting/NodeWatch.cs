using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Osmo.Kubernetes;

/// <summary>What to do after a watch.</summary>
internal enum WatchEndReason
{
    /// <summary>Nothing is wrong: watch again from the last version.</summary>
    InGoodOrder,

    /// <summary>Something is wrong with the stream: pause, then watch again from the last version.</summary>
    Failed,

    /// <summary>The version is no good: pause, then list again.</summary>
    Stale,
}

/// <summary>Why a watch ended.</summary>
internal readonly record struct WatchEnd(WatchEndReason Reason, KubernetesApiException? Failure)
{
    public static WatchEnd Of(KubernetesApiException e) => new(
        e.Failure is KubernetesFailure.Expired or KubernetesFailure.TooLargeResourceVersion
            ? WatchEndReason.Stale
            : WatchEndReason.Failed,
        e);
}

/// <summary>
/// One watch request: from the store's version, or from a list that the watch itself begins with, to whatever ends it. Used once.
/// </summary>
internal sealed class NodeWatch(
    ApiConnection connection,
    NodeDecoder decoder,
    ReflectorStore store,
    ReflectorOptions options,
    TimeProvider time,
    Random random,
    ILogger logger,
    bool beginsWithList = false,
    bool answerIsSuccess = true) : IWatchLineHandler
{
    private const string What = "watch nodes";

    // The server ends a watch at its timeout by itself; one that outlives it by this much is a connection nobody serves any more.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly bool _beginsWithList = beginsWithList;
    private readonly TimeSpan _timeout = options.WatchTimeoutMin * (1 + random.NextDouble());
    private InitialEvents? _initial = beginsWithList ? new InitialEvents() : null;
    private WatchEnd? _end;

    /// <summary>Events and bookmarks received.</summary>
    public int Received { get; private set; }

    /// <summary>How long the server was asked to keep it open: one that ends sooner was broken off.</summary>
    public TimeSpan Asked => TimeSpan.FromSeconds(Seconds);

    /// <summary>Whether the store stands where this watch can carry on: always, unless the list it begins with was cut short.</summary>
    public bool IsListed => _initial is null;

    public async Task<WatchEnd> RunAsync(CancellationToken cancellation)
    {
        store.RecordWatch();
        using CancellationTokenSource lifetime = new(_timeout + Grace, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(lifetime.Token, cancellation);
        try
        {
            using HttpResponseMessage response = await connection
                .SendAsync(HttpMethod.Get, PathOf(), What, body: null, both.Token).ConfigureAwait(false);
            if (answerIsSuccess && IsListed)
            {
                // Of a quiet cluster nothing else may come for a minute.
                store.RecordSuccess();
            }

            using Stream stream = await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false);
            using IdleLimit limit = new(options.WatchIdleMax, time, both.Token);
            WatchLinesEnd end = await WatchLines.ReadAsync(stream, connection.Options.NodeBytesMax, this, limit).ConfigureAwait(false);
            return _end ?? end switch
            {
                WatchLinesEnd.Clean when IsListed => new WatchEnd(WatchEndReason.InGoodOrder, null),
                WatchLinesEnd.Clean => WatchEnd.Of(new KubernetesApiException(
                    KubernetesFailure.MalformedResponse, $"cannot {What}: the stream ended before its initial events were complete.")),
                WatchLinesEnd.Cut => Broken("the stream ends in the middle of a line"),
                _ => Broken($"a line is longer than {connection.Options.NodeBytesMax} bytes"),
            };
        }
        catch (KubernetesApiException e)
        {
            return WatchEnd.Of(e);
        }
        catch (OperationCanceledException) when (
            lifetime.IsCancellationRequested && Received > 0 && IsListed && !cancellation.IsCancellationRequested)
        {
            // It worked, but the server, or a proxy, does not end watches when it was asked to.
            return new WatchEnd(WatchEndReason.InGoodOrder, null);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return lifetime.IsCancellationRequested && Received > 0 ? Endless() : Silent();
        }
        catch (Exception e) when (ApiFailures.IsTransport(e) && !cancellation.IsCancellationRequested)
        {
            return WatchEnd.Of(connection.Broken(e, What));
        }
        finally
        {
            store.PublishBatch();
        }
    }

    public bool OnLine(ReadOnlySpan<byte> line)
    {
        if (!decoder.TryDecodeEvent(line, store.Known, out WatchEvent watchEvent, out string? error))
        {
            _end = Broken(error);
            return false;
        }

        if (watchEvent.Type == WatchEventType.Error)
        {
            _end = WatchEnd.Of(connection.Failed(watchEvent.Status!));
            return false;
        }

        if (watchEvent.Type != WatchEventType.Unknown)
        {
            Apply(watchEvent);
        }

        if (Received++ == 0)
        {
            store.RecordSuccess();
        }

        return true;
    }

    public void OnBatch() => store.PublishBatch();

    private long Seconds => Math.Max(1, (long)_timeout.TotalSeconds);

    private void Apply(in WatchEvent watchEvent)
    {
        if (_initial is null)
        {
            store.Apply(watchEvent);
        }
        else if (_initial.Add(watchEvent) is { } list)
        {
            _initial = null;
            store.Apply(list, isStreamed: true);
        }
    }

    private WatchEnd Endless() => WatchEnd.Of(new KubernetesApiException(
        KubernetesFailure.Timeout, $"cannot {What}: its initial events were not complete after {_timeout.TotalSeconds:F0} s."));

    private WatchEnd Silent()
    {
        KubernetesLog.Silent(logger, (long)options.WatchIdleMax.TotalMilliseconds);
        KubernetesApiException e = new(
            KubernetesFailure.Timeout,
            $"the watch of nodes stayed silent for {options.WatchIdleMax.TotalSeconds:F0} s; its connection is taken for dead.");
        // Without even a bookmark it may as well be the version: a server is silent, too, on one that lies in its future.
        return new WatchEnd(Received == 0 ? WatchEndReason.Stale : WatchEndReason.Failed, e);
    }

    private WatchEnd Broken(string error)
    {
        store.RecordBrokenLine();
        KubernetesLog.BrokenLine(logger, error, store.ResourceVersion);
        return WatchEnd.Of(new KubernetesApiException(KubernetesFailure.MalformedResponse, $"cannot {What}: a line is unusable: {error}."));
    }

    private string PathOf()
    {
        string selector = options.LabelSelector is { Length: > 0 } text ? $"&labelSelector={Uri.EscapeDataString(text)}" : "";
        string seconds = Seconds.ToString(CultureInfo.InvariantCulture);
        // Initial events without a version are the most recent state, as a list's are.
        string start = _beginsWithList
            ? "sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
            : $"resourceVersion={Uri.EscapeDataString(store.ResourceVersion)}";
        return $"/api/v1/nodes?watch=true&allowWatchBookmarks=true&{start}&timeoutSeconds={seconds}{selector}";
    }
}
