using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Osmo.Kubernetes;

/// <summary>
/// Keeps a sink in agreement with the nodes of one cluster: lists, then watches from the list's version, and carries on from the last
/// version seen whenever a watch ends. It lists again, and hands over the difference, when the version has expired or cannot be trusted.
/// <list type="bullet">
/// <item>States: listing -> watching -> listing ...; only <see cref="RunAsync"/> moves between them, on one logical thread.</item>
/// <item>Invariant: the sink has been told of exactly the nodes in the known set, and of no state twice.</item>
/// <item>With a streaming list, listing and watching are one request; whatever goes wrong before its list is complete, the next try is
/// a plain list, for getting on matters more than how.</item>
/// <item>Watch ended, cut, silent or garbled: watch again from the last version, after a pause unless it ended in good order.</item>
/// <item>410, a version from the future, a watch without any sign of life, or too many failures in a row: list again.</item>
/// <item>Before a watch goes on that was broken off, the server is asked for its version, and nothing else while it does not answer: if
/// that is behind what was seen of it, etcd was restored from a backup, and only a list helps: see <see cref="VersionCheck"/>.</item>
/// <item>How long it pauses says <see cref="RetryPace"/>.</item>
/// </list>
/// </summary>
public sealed class Reflector
{
    private readonly KubernetesClient _client;
    private readonly ReflectorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Random _random = new();
    private readonly RetryPace _pace;
    private readonly NodeDecoder _decoder = new();
    private readonly ReflectorStore _store;
    private readonly VersionCheck _versions;
    private bool _isRunning;

    /// <summary>Creates a reflector; <see cref="RunAsync"/> starts it.</summary>
    public Reflector(
        KubernetesClient client, INodeSink sink, ReflectorOptions? options = null, TimeProvider? time = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(sink);
        _client = client;
        _options = options ?? new ReflectorOptions();
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger.Instance;
        _pace = new RetryPace(_options, _time, _random);
        _store = new ReflectorStore(sink, _time, _logger);
        _versions = new VersionCheck(client.Connection, "/api/v1/nodes", "nodes", _logger);
    }

    /// <summary>What has happened so far; may be read from any thread.</summary>
    public ReflectorState State => _store.State;

    /// <summary>Runs until cancelled. Failures of the server or the network never end it.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _isRunning, true))
        {
            throw new InvalidOperationException("this reflector is already running");
        }

        try
        {
            for (bool streams = _options.UsesWatchList; ;)
            {
                streams = await FollowAsync(streams, cancellation).ConfigureAwait(false) && _options.UsesWatchList;
            }
        }
        catch (Exception e) when (e is not OperationCanceledException && ApiFailures.IsTransport(e) && cancellation.IsCancellationRequested)
        {
            // A request that is called off may break in any way.
            throw new OperationCanceledException("the reflector was cancelled", e, cancellation);
        }
    }

    /// <summary>Lists, and watches until only a fresh list can be trusted. False if a streaming list came to nothing.</summary>
    private async Task<bool> FollowAsync(bool streams, CancellationToken cancellation)
    {
        if (streams)
        {
            return await WatchUntilStaleAsync(NewWatch(beginsWithList: true), cancellation).ConfigureAwait(false);
        }

        try
        {
            _store.Apply(await ListAsync(exactVersion: null, cancellation).ConfigureAwait(false));
        }
        catch (KubernetesApiException e)
        {
            await PauseAsync(e, cancellation).ConfigureAwait(false);
            return true;
        }

        return await WatchUntilStaleAsync(NewWatch(), cancellation).ConfigureAwait(false);
    }

    private NodeWatch NewWatch(bool beginsWithList = false) =>
        new(_client.Connection, _decoder, _store, _options, _time, _random, _logger, beginsWithList, answerIsSuccess: !_pace.HasBeenEmpty);

    private Task<NodeList> ListAsync(string? exactVersion, CancellationToken cancellation) => _client.ListNodesAsync(
        new NodeListOptions { LabelSelector = _options.LabelSelector, ExactResourceVersion = exactVersion },
        _decoder,
        _store.Known,
        cancellation);

    /// <summary>
    /// Watches again and again; returns when only a fresh list can be trusted: false if the list that the first watch begins with
    /// was not completed.
    /// </summary>
    private async Task<bool> WatchUntilStaleAsync(NodeWatch watch, CancellationToken cancellation)
    {
        int failuresInRow = 0;
        while (true)
        {
            long startedAt = _time.GetTimestamp();
            WatchEnd end = await watch.RunAsync(cancellation).ConfigureAwait(false);
            TimeSpan elapsed = _time.GetElapsedTime(startedAt);
            cancellation.ThrowIfCancellationRequested();
            if (!watch.IsListed)
            {
                await GiveUpStreamingAsync(end.Failure!, cancellation).ConfigureAwait(false);
                return false;
            }

            if (watch.Received > 0)
            {
                // Connections that something cuts every minute are no reason to stay away ever longer.
                _pace.Worked(isLasting: elapsed.TotalMilliseconds >= _options.BackoffMsMax);
            }

            failuresInRow = end.Reason switch
            {
                WatchEndReason.InGoodOrder when watch.Received > 0 || elapsed >= _options.WatchTooShort => 0,
                _ when watch.Received > 0 => 1,
                _ => failuresInRow + 1,
            };
            await RestAfterAsync(end, watch.Received, elapsed, cancellation).ConfigureAwait(false);
            if (end.Reason == WatchEndReason.Stale
                || IsSuspect(end, watch.Received, elapsed)
                || (IsEmpty(end, watch.Received, elapsed) && _pace.IsFirstEmpty())
                || failuresInRow >= _options.WatchFailuresMax
                || (IsBrokenOff(watch, end, elapsed)
                    && await IsBehindAsync(_options.WatchFailuresMax - failuresInRow, cancellation).ConfigureAwait(false))
                || (_options.ChecksConsistency && !await IsConsistentAsync(cancellation).ConfigureAwait(false)))
            {
                return true;
            }

            watch = NewWatch();
        }
    }

    private async Task RestAfterAsync(WatchEnd end, int received, TimeSpan elapsed, CancellationToken cancellation)
    {
        if (end.Reason != WatchEndReason.InGoodOrder)
        {
            await PauseAsync(end.Failure!, cancellation).ConfigureAwait(false);
        }
        else if (elapsed >= _options.WatchTooShort)
        {
            _store.RecordSuccess();
        }
        else if (received > 0)
        {
            // It worked, but whoever ends watches at once must not be asked again at once.
            _store.RecordSuccess();
            await Task.Delay(_pace.Next(), _time, cancellation).ConfigureAwait(false);
        }
        else
        {
            await PauseAsync(VeryShort(elapsed), cancellation).ConfigureAwait(false);
        }
    }

    private bool IsSuspect(WatchEnd end, int received, TimeSpan elapsed)
    {
        if (end.Reason != WatchEndReason.InGoodOrder || received > 0 || elapsed < _options.SilentWatchSuspect)
        {
            return false;
        }

        KubernetesLog.SuspectVersion(_logger, (long)elapsed.TotalMilliseconds);
        return true;
    }

    /// <summary>Whether the server may be another one by now: by itself it ends a watch when that has lasted as long as asked.</summary>
    private static bool IsBrokenOff(NodeWatch watch, WatchEnd end, TimeSpan elapsed) =>
        end.Reason == WatchEndReason.Failed || elapsed < watch.Asked;

    /// <summary>Whether the server is behind what was seen of it.</summary>
    private Task<bool> IsBehindAsync(int triesMax, CancellationToken cancellation) =>
        _versions.IsBehindAsync(_store.ResourceVersion, triesMax, PauseAsync, cancellation);

    private bool IsEmpty(WatchEnd end, int received, TimeSpan elapsed) =>
        end.Reason == WatchEndReason.InGoodOrder && received == 0 && elapsed < _options.WatchTooShort;

    private async Task GiveUpStreamingAsync(KubernetesApiException e, CancellationToken cancellation)
    {
        if (e.Failure == KubernetesFailure.Invalid)
        {
            // The server is well, it just cannot do that.
            KubernetesLog.NoStreamingList(_logger, e.Message);
            return;
        }

        await PauseAsync(e, cancellation).ConfigureAwait(false);
    }

    private async Task PauseAsync(KubernetesApiException e, CancellationToken cancellation)
    {
        TimeSpan pause = _pace.After(e);
        _store.RecordFailure(e);
        int failures = _store.State.ConsecutiveFailures;
        if (e.Failure == KubernetesFailure.Expired && failures == 1)
        {
            // It happens to every watch that was away for long, and is nothing to worry about unless it goes on.
            KubernetesLog.Expired(_logger, _store.ResourceVersion);
        }
        else
        {
            KubernetesLog.Failed(_logger, (long)pause.TotalMilliseconds, failures, e.Message);
        }

        await Task.Delay(pause, _time, cancellation).ConfigureAwait(false);
    }

    private async Task<bool> IsConsistentAsync(CancellationToken cancellation)
    {
        string version = _store.State.LastResourceVersion;
        try
        {
            NodeList list = await ListAsync(version, cancellation).ConfigureAwait(false);
            int differences = _store.CountDifferences(list);
            if (differences > 0)
            {
                KubernetesLog.Inconsistent(_logger, differences, version);
            }

            return differences == 0;
        }
        catch (KubernetesApiException)
        {
            // A check that cannot be made proves nothing; the watch will find out what is wrong with the server.
            return true;
        }
    }

    private static KubernetesApiException VeryShort(TimeSpan elapsed) => new(
        KubernetesFailure.Unavailable,
        $"a watch ended after {elapsed.TotalMilliseconds:F0} ms without an event. "
            + "If this persists, look for a proxy that cuts long requests.");
}
