using Microsoft.Extensions.Logging.Abstractions;

namespace Osmo.Kubernetes;

/// <summary>
/// Keeps a sink in agreement with all objects of a kind: lists, then watches from the list's version, and carries on from the last
/// version seen whenever a watch ends. It lists again when that version has expired, when the server is behind it, or when watching fails
/// again and again.
/// </summary>
internal sealed class ObjectFollower<T>
    where T : class
{
    private readonly ApiConnection _connection;
    private readonly ObjectKind<T> _kind;
    private readonly IObjectSink<T> _sink;
    private readonly int _pageItems;
    private readonly ReflectorOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random = new();
    private readonly RetryPace _pace;
    private readonly VersionCheck _versions;
    private int _failures;
    private bool _isRunning;

    /// <param name="connection">The cluster.</param>
    /// <param name="kind">What is followed.</param>
    /// <param name="sink">Who is told.</param>
    /// <param name="pageItems">Objects asked for per list page.</param>
    /// <param name="options">Pace and patience.</param>
    /// <param name="time">Clock.</param>
    public ObjectFollower(
        ApiConnection connection, ObjectKind<T> kind, IObjectSink<T> sink, int pageItems, ReflectorOptions options, TimeProvider time)
    {
        (_connection, _kind, _sink, _pageItems, _options, _time) = (connection, kind, sink, pageItems, options, time);
        _pace = new RetryPace(options, time, _random);
        _versions = new VersionCheck(connection, kind.Path, kind.Resource, NullLogger.Instance);
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
            ObjectPage<T> list =
                await new ObjectLister<T>(_connection, _kind, _pageItems).ListAsync(cancellation).ConfigureAwait(false);
            foreach (string why in list.Skipped)
            {
                _sink.Skipped(why);
            }

            _sink.Replace(list.Items);
            version = list.ResourceVersion;
            _failures = 0;
            _sink.Listed(list.Items.Count, version);
        }
        catch (KubernetesApiException e)
        {
            await PauseAsync(e, cancellation).ConfigureAwait(false);
            return;
        }

        for (int failuresInRow = 0; failuresInRow < _options.WatchFailuresMax;)
        {
            ObjectWatch<T> watch = new(_connection, _kind, _sink, _options, _time, _random, version);
            long startedAt = _time.GetTimestamp();
            KubernetesApiException? failure = await watch.RunAsync(cancellation).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            version = watch.ResourceVersion;
            TimeSpan elapsed = _time.GetElapsedTime(startedAt);
            bool isFirstEmpty =
                failure is null && watch.Received == 0 && elapsed < _options.WatchTooShort && _pace.IsFirstEmpty();
            if (failure is null && elapsed < _options.WatchTooShort)
            {
                failure = new KubernetesApiException(
                    KubernetesFailure.Unavailable, $"a watch of {_kind.Resource} ended after {elapsed.TotalMilliseconds:F0} ms.");
            }

            if (watch.Received > 0)
            {
                _failures = failuresInRow = 0;
                _pace.Worked(isLasting: elapsed.TotalMilliseconds >= _options.BackoffMsMax);
            }

            if (failure is not null)
            {
                failuresInRow++;
                await PauseAsync(failure, cancellation).ConfigureAwait(false);
                if (isFirstEmpty || failure.Failure is KubernetesFailure.Expired or KubernetesFailure.TooLargeResourceVersion)
                {
                    return;
                }
            }

            if ((failure is not null || elapsed < watch.Asked)
                && await _versions.IsBehindAsync(version, _options.WatchFailuresMax - failuresInRow, PauseAsync, cancellation)
                    .ConfigureAwait(false))
            {
                return;
            }
        }
    }

    private async Task PauseAsync(KubernetesApiException e, CancellationToken cancellation)
    {
        TimeSpan pause = _pace.After(e);
        _failures++;
        if (e.Failure != KubernetesFailure.Expired || _failures > 1)
        {
            _sink.Failed(e, pause, _failures);
        }

        await Task.Delay(pause, _time, cancellation).ConfigureAwait(false);
    }
}
