using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Osmo.Kubernetes;

/// <summary>
/// Keeps a sink in agreement with the pods of one cluster: lists, then watches from the list's version, and carries on from the last
/// version seen whenever a watch ends. It lists again when that version has expired, or when watching fails again and again.
/// </summary>
public sealed class PodReflector
{
    private readonly KubernetesClient _client;
    private readonly IPodSink _sink;
    private readonly int _pageItems;
    private readonly ReflectorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Random _random = new();
    private readonly Backoff _backoff;
    private int _failures;
    private bool _isRunning;

    /// <summary>Creates a reflector; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="sink">Who is told.</param>
    /// <param name="pageItems">Pods asked for per list page.</param>
    /// <param name="options">Pace and patience; the defaults when null.</param>
    /// <param name="time">Clock; the system's when null.</param>
    /// <param name="logger">Where to log to; nowhere when null.</param>
    public PodReflector(
        KubernetesClient client,
        IPodSink sink,
        int pageItems,
        ReflectorOptions? options = null,
        TimeProvider? time = null,
        ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(sink);
        _client = client;
        _sink = sink;
        _pageItems = pageItems;
        _options = options ?? new ReflectorOptions();
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger.Instance;
        _backoff = new Backoff(_options.BackoffMsInitial, _options.BackoffMsMax, _options.BackoffResetAfter, _time, _random);
    }

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
            while (true)
            {
                await FollowAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException && ApiFailures.IsTransport(e) && cancellation.IsCancellationRequested)
        {
            // A request that is called off may break in any way.
            throw new OperationCanceledException("the reflector was cancelled", e, cancellation);
        }
    }

    /// <summary>Lists, and watches until only a fresh list can be trusted.</summary>
    private async Task FollowAsync(CancellationToken cancellation)
    {
        string version;
        try
        {
            PodPage list = await new PodLister(_client.Connection, _pageItems).ListAsync(cancellation).ConfigureAwait(false);
            _sink.Replace(list.Pods);
            version = list.ResourceVersion;
            _failures = 0;
            KubernetesLog.PodsListed(_logger, list.Pods.Count, version);
        }
        catch (KubernetesApiException e)
        {
            await PauseAsync(e, cancellation).ConfigureAwait(false);
            return;
        }

        for (int failuresInRow = 0; failuresInRow < _options.WatchFailuresMax;)
        {
            PodWatch watch = new(_client.Connection, _sink, _options, _time, _random, version);
            long startedAt = _time.GetTimestamp();
            KubernetesApiException? failure = await watch.RunAsync(cancellation).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            version = watch.ResourceVersion;
            TimeSpan elapsed = _time.GetElapsedTime(startedAt);
            if (failure is null && elapsed < _options.WatchTooShort)
            {
                failure = new KubernetesApiException(
                    KubernetesFailure.Unavailable, $"a watch of pods ended after {elapsed.TotalMilliseconds:F0} ms.");
            }

            if (watch.Received > 0)
            {
                _failures = failuresInRow = 0;
            }

            if (failure is not null)
            {
                failuresInRow++;
                await PauseAsync(failure, cancellation).ConfigureAwait(false);
                if (failure.Failure is KubernetesFailure.Expired or KubernetesFailure.TooLargeResourceVersion)
                {
                    return;
                }
            }
        }
    }

    private async Task PauseAsync(KubernetesApiException e, CancellationToken cancellation)
    {
        bool isRefused = e.Failure is KubernetesFailure.Unauthorized or KubernetesFailure.Forbidden or KubernetesFailure.Credentials;
        TimeSpan pause = _backoff.Next();
        if (isRefused)
        {
            pause = TimeSpan.FromMilliseconds(_options.RefusedBackoffMs * (1 + (0.2 * _random.NextDouble())));
        }

        pause = e.RetryAfter is { } asked ? asked + (pause / 4) : pause;
        _failures++;
        if (e.Failure != KubernetesFailure.Expired || _failures > 1)
        {
            KubernetesLog.PodsFailed(_logger, (long)pause.TotalMilliseconds, _failures, e.Message);
        }

        await Task.Delay(pause, _time, cancellation).ConfigureAwait(false);
    }
}
