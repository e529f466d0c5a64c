using Osmo.Cluster.Membership;
using Osmo.Cluster.Wire;
using Osmo.Cluster.Wire.Mapping;
using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Routing;

/// <summary>
/// Brings a call to the owner of its backend, and tries again until its deadline.
/// <para>
/// What is tried again, and why that is safe. Reads and pings change nothing. A change (configure, delete) carries the id of its request,
/// which the store keeps with what it changed: whoever is asked a second time answers what the first time did. So every operation may be
/// repeated after every failure, and only whether that helps decides:
/// </para>
/// <list type="table">
/// <item><term>Moved</term><description>nothing was changed; at once after the route was learnt or read anew</description></item>
/// <item><term>No owner, no connection</term><description>nothing was asked; after a pause, with the routes read anew</description></item>
/// <item><term>Connection broke</term><description>outcome unknown; the same, with the same request id</description></item>
/// <item><term>Unavailable</term><description>the silo stops, is slow or full; after a pause, same request id</description></item>
/// <item><term>Invalid, NotFound, PreconditionFailed</term><description>the grain's own answer: final</description></item>
/// </list>
/// </summary>
internal sealed class CallRouter(
    IShardRoutes routes, LocalGrains? local, SiloConnections connections, ClusterRoutingOptions options, TimeProvider time)
    : ICallRouter
{
    private readonly CallPlaces _places = new(options);
    private long _retries;

    /// <summary>How often a call was tried again.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    public Task<TAnswer> CallAsync<TAnswer>(BackendName backend, GrainCall<TAnswer> call, CancellationToken cancellationToken)
    {
        var attempts = new Attempts(BackendShard.Of(backend), CallPlaces.Of(backend), time.GetTimestamp());
        return CallAsync(attempts, backend, call, cancellationToken);
    }

    private async Task<TAnswer> CallAsync<TAnswer>(
        Attempts attempts, BackendName backend, GrainCall<TAnswer> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            var route = routes.Get(attempts.Shard);
            OsmoException failure;
            try
            {
                var owner = Enter(attempts, route);
                try
                {
                    // Of all that is awaited on the way, this alone takes time: one state machine for each call, however it goes.
                    return local is not null && owner.Incarnation == routes.OwnIncarnation
                        ? await RunHereAsync(local, Left(attempts), backend, call, cancellationToken).ConfigureAwait(false)
                        : Read(call, await connections.To(owner.Address)
                            .CallAsync(Message(backend, call), Left(attempts), cancellationToken).ConfigureAwait(false));
                }
                finally
                {
                    _places.Leave(attempts.Place);
                }
            }
            catch (OsmoException refusal) when (refusal.Code is ErrorCode.Moved or ErrorCode.Unavailable)
            {
                failure = refusal;
            }
            catch (SiloUnreachableException unreachable)
            {
                failure = new OsmoException(ErrorCode.Unavailable, unreachable.Message);
                attempts.OutcomeUnknown |= unreachable.OutcomeUnknown;
            }
            catch (WireFormatException unreadable)
            {
                throw new OsmoException(ErrorCode.Unavailable, $"The silo's answer cannot be read: {unreadable.Message}");
            }

            attempts.Failures++;
            Interlocked.Increment(ref _retries);
            await PrepareNextAsync(attempts, route, failure, backend, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Counts a call among those of its backend, and says who is to run it.</summary>
    private SiloEntry Enter(Attempts attempts, ShardRoute route)
    {
        var owner = route.Owner ?? throw new SiloUnreachableException("No silo owns the backend at the moment.");
        _places.Enter(attempts.Place);
        return owner;
    }

    private async ValueTask<TAnswer> RunHereAsync<TAnswer>(
        LocalGrains here, TimeSpan left, BackendName backend, GrainCall<TAnswer> call, CancellationToken cancellationToken)
    {
        var running = call.RunAsync(here.Engine, backend, cancellationToken);
        try
        {
            return running.IsCompleted
                ? await running.ConfigureAwait(false)
                : await running.WaitAsync(left, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new SiloUnreachableException("The silo did not answer in time.", outcomeUnknown: true);
        }
    }

    /// <summary>A call as it goes to another process.</summary>
    public static Proto.Call Message<TAnswer>(BackendName backend, GrainCall<TAnswer> call)
    {
        var message = new Proto.Call { Backend = backend.Value };
        call.Write(message);
        return message;
    }

    /// <summary>What an answer says.</summary>
    /// <exception cref="OsmoException">It is the grain's refusal.</exception>
    /// <exception cref="WireFormatException">It cannot be read.</exception>
    public static TAnswer Read<TAnswer>(GrainCall<TAnswer> call, Proto.Answer answer)
    {
        if (answer.Failure is { } failure)
        {
            throw FailureMessages.Read(failure);
        }

        return call.TryRead(answer, out var result)
            ? result
            : throw new WireFormatException("it answers something else. Check that gateway and silo are at most one version apart.");
    }

    private async ValueTask PrepareNextAsync(
        Attempts attempts, ShardRoute known, OsmoException failure, BackendName backend, CancellationToken cancellationToken)
    {
        if (failure.Move is { } move && move.Shard == attempts.Shard)
        {
            routes.Learn(move.Shard, move.Epoch, move.OwnerIncarnation ?? 0);
        }

        // A route that is already another one is worth a try at once, but two silos that each name the other are not worth a storm.
        var pause = Backoff.Pause(options.RetryPauseFirst, options.RetryPauseMax, attempts.Failures);
        if (Left(attempts) <= pause)
        {
            throw TooLate(attempts, failure, backend);
        }

        if (attempts.Failures > 1 || failure.Code != ErrorCode.Moved || routes.Get(attempts.Shard) == known)
        {
            await RefreshAsync(attempts, known, failure, backend, cancellationToken).ConfigureAwait(false);
        }

        if (attempts.Failures > 1 || failure.Code != ErrorCode.Moved)
        {
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask RefreshAsync(
        Attempts attempts, ShardRoute known, OsmoException failure, BackendName backend, CancellationToken cancellationToken)
    {
        try
        {
            await routes.RefreshAsync(attempts.Shard, known, cancellationToken)
                .WaitAsync(Left(attempts), time, cancellationToken).ConfigureAwait(false);
        }
        catch (OsmoException)
        {
            // The database does not answer just now; silos still might.
        }
        catch (TimeoutException)
        {
            throw TooLate(attempts, failure, backend);
        }
    }

    private TimeSpan Left(Attempts attempts)
    {
        var left = options.CallTimeout - time.GetElapsedTime(attempts.Started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private OsmoException TooLate(Attempts attempts, OsmoException last, BackendName backend) =>
        TooLate(backend, options.CallTimeout, attempts.Failures, last, attempts.OutcomeUnknown);

    /// <summary>The failure of a call that was tried until its deadline.</summary>
    public static OsmoException TooLate(BackendName backend, TimeSpan limit, int tries, OsmoException last, bool outcomeUnknown) => new(
        ErrorCode.Unavailable,
        $"Backend {backend} could not be served within {limit.TotalSeconds:0.#} s ({tries} tries). The last one: {last.Message}"
        + (outcomeUnknown ? " A change may have been made all the same; the same request id finds out." : ""));

    /// <summary>What has been tried for a call so far.</summary>
    private sealed class Attempts(int shard, int place, long started)
    {
        public int Shard => shard;

        /// <summary>Where the calls of its backend are counted.</summary>
        public int Place => place;

        public long Started => started;

        public int Failures { get; set; }

        public bool OutcomeUnknown { get; set; }
    }
}
