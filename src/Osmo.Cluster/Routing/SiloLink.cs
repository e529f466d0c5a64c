using Microsoft.Extensions.Logging;
using Osmo.Cluster.Wire;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Routing;

/// <summary>
/// The way to the silo at an address: a connection that is made when somebody calls, and again when it broke. All who call meanwhile
/// wait for the same attempt; after one that failed, calls fail at once until a pause is over.
/// </summary>
internal sealed class SiloLink(Uri address, SiloSocket sockets, ClusterRoutingOptions options, TimeProvider time, ILogger logger)
    : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ending = new();
    private Task<CallConnection>? _connecting;
    private volatile CallConnection? _open;
    private SiloUnreachableException? _lastFailure;
    private long _lastFailureAt;
    private TimeSpan _pause;
    private int _failures;

    /// <summary>Whether a connection is open.</summary>
    public bool IsOpen => _open is not null;

    /// <summary>Sends a call and waits for its answer.</summary>
    /// <exception cref="SiloUnreachableException">There is no connection, or it broke.</exception>
    public async ValueTask<Proto.Answer> CallAsync(Proto.Call call, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var connection = _open ?? await ConnectedAsync(timeout, cancellationToken).ConfigureAwait(false);
        var left = timeout - time.GetElapsedTime(started);
        return await connection.CallAsync(call, left, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        Task<CallConnection>? connecting;
        lock (_gate)
        {
            connecting = _connecting;
        }

        if (connecting is not null)
        {
            await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (_open is { } open)
        {
            await open.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<CallConnection> ConnectedAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Task<CallConnection> connecting;
        lock (_gate)
        {
            if (_open is { } open)
            {
                return open;
            }

            if (_connecting is null)
            {
                if (_lastFailure is { } failure && time.GetElapsedTime(_lastFailureAt) < _pause)
                {
                    throw new SiloUnreachableException(failure.Message);
                }

                _connecting = Task.Run(ConnectAsync, CancellationToken.None);
            }

            connecting = _connecting;
        }

        try
        {
            return await connecting.WaitAsync(timeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new SiloUnreachableException($"The silo at {address} could not be reached in time.");
        }
    }

    private async Task<CallConnection> ConnectAsync()
    {
        try
        {
            var socket = await sockets.ConnectAsync(
                address, ClusterProtocol.CallsPath, query: null, options.KeepAliveTimeout, _ending.Token).ConfigureAwait(false);
            var connection = new CallConnection(socket, time);
            ClusterLog.SiloConnected(logger, connection.Silo, address, socket.Agreement.Version);
            lock (_gate)
            {
                _open = connection;
                _connecting = null;
                _lastFailure = null;
                _failures = 0;
            }

            _ = WatchAsync(connection);
            return connection;
        }
        catch (Exception failure)
        {
            var unreachable = failure as SiloUnreachableException ?? new SiloUnreachableException(failure.Message);
            lock (_gate)
            {
                _connecting = null;
                _lastFailure = new SiloUnreachableException($"The silo at {address} cannot be reached: {unreachable.Message}");
                _lastFailureAt = time.GetTimestamp();
                _pause = Backoff.Pause(options.RetryPauseFirst, options.RetryPauseMax, ++_failures);
            }

            if (_failures == 1)
            {
                ClusterLog.SiloUnreachable(logger, address, unreachable.Message);
            }

            throw _lastFailure;
        }
    }

    private async Task WatchAsync(CallConnection connection)
    {
        var reason = await connection.Ended.ConfigureAwait(false);
        lock (_gate)
        {
            _open = null;
        }

        if (!_ending.IsCancellationRequested)
        {
            ClusterLog.SiloLost(logger, connection.Silo, address, reason);
        }
    }
}
