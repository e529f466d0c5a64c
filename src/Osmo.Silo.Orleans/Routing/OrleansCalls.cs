using Google.Protobuf;
using Orleans.Concurrency;
using Osmo.Cluster;
using Osmo.Cluster.Routing;
using Osmo.Cluster.Wire;
using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Osmo.Silo.Orleans.Shards;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Silo.Orleans.Routing;

/// <summary>
/// Calls the grain of a backend's shard, wherever Orleans has it, and tries again until the deadline. Every operation may be repeated, for
/// the reasons that <see cref="CallRouter"/> gives; where Orleans cannot say what became of a call, the next try has the same request id.
/// </summary>
internal sealed class OrleansCalls(IClusterClientSource source, ClusterRoutingOptions options, TimeProvider time) : ICallRouter
{
    /// <summary>A silo that hangs takes this part of a call's time, and not all of it: then it is asked again, elsewhere perhaps.</summary>
    private const int TriesPerCall = 3;

    private readonly CallPlaces _places = new(options);

    public async Task<TAnswer> CallAsync<TAnswer>(BackendName backend, GrainCall<TAnswer> call, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var place = CallPlaces.Of(backend);
        var message = CallRouter.Message(backend, call);
        var outcomeUnknown = false;
        for (var failures = 1; ; failures++)
        {
            OsmoException failure;
            try
            {
                _places.Enter(place);
                try
                {
                    return Read(call, await AskAsync(backend, message, Left(started), cancellationToken).ConfigureAwait(false));
                }
                finally
                {
                    _places.Leave(place);
                }
            }
            catch (OsmoException refusal) when (refusal.Code is ErrorCode.Moved or ErrorCode.Unavailable)
            {
                failure = refusal;
            }
            catch (SiloUnreachableException unreachable)
            {
                failure = new OsmoException(ErrorCode.Unavailable, unreachable.Message);
                outcomeUnknown |= unreachable.OutcomeUnknown;
            }

            var pause = Backoff.Pause(options.RetryPauseFirst, options.RetryPauseMax, failures);
            if (Left(started) <= pause)
            {
                throw CallRouter.TooLate(backend, options.CallTimeout, failures, failure, outcomeUnknown);
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Proto.Answer> AskAsync(
        BackendName backend, Proto.Call message, TimeSpan left, CancellationToken cancellationToken)
    {
        var limit = TimeSpan.FromTicks(Math.Min(left.Ticks, options.CallTimeout.Ticks / TriesPerCall));
        message.TimeoutMs = (uint)Math.Max(1, limit.TotalMilliseconds);
        try
        {
            var shard = source.Client.GetGrain<IShardGrain>(BackendShard.Of(backend));
            var answer = await shard.CallAsync(message.ToByteArray().AsImmutable()).AsTask()
                .WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
            return Proto.Answer.Parser.ParseFrom(answer.Value);
        }
        catch (Exception failure) when (OrleansFailures.IsTransient(failure, cancellationToken))
        {
            throw new SiloUnreachableException(OrleansFailures.Tell(failure), outcomeUnknown: true);
        }
    }

    private static TAnswer Read<TAnswer>(GrainCall<TAnswer> call, Proto.Answer answer)
    {
        try
        {
            return CallRouter.Read(call, answer);
        }
        catch (WireFormatException unreadable)
        {
            throw new OsmoException(ErrorCode.Unavailable, $"The silo's answer cannot be read: {unreadable.Message}");
        }
    }

    private TimeSpan Left(long started)
    {
        var left = options.CallTimeout - time.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
