using Microsoft.Extensions.Logging;
using Osmo.Cluster;
using Osmo.Cluster.Routing;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Storage;
using Osmo.Silo.Orleans.Shards;

namespace Osmo.Silo.Orleans.Routing;

/// <summary>The way to the grain of a backend's shard, for one connection of its agent.</summary>
internal sealed class OwnerPath(
    BackendName backend, IClusterClientSource source, ClusterRoutingOptions options, TimeProvider time, ILogger logger) : IOwnerPath
{
    public async Task<IAgentConduit> JoinAsync(AgentJoin join, LegSink sink, CancellationToken cancellationToken)
    {
        var client = source.Client;
        var leg = new OrleansLeg(client, client.GetGrain<IShardGrain>(BackendShard.Of(backend)), sink, time);
        try
        {
            return await leg.JoinAsync(backend, join, cancellationToken).ConfigureAwait(false) is { } refusal
                ? throw new SiloUnreachableException(refusal)
                : leg;
        }
        catch (Exception failure)
        {
            await leg.DisposeAsync().ConfigureAwait(false);
            if (OrleansFailures.IsTransient(failure, cancellationToken))
            {
                throw new SiloUnreachableException(OrleansFailures.Tell(failure));
            }

            throw;
        }
    }

    public Task<LegEnd> WaitForEndAsync(LegSink sink, CancellationToken cancellationToken) => sink.Ended.WaitAsync(cancellationToken);

    public Task PrepareNextAsync(string reason, int failures, CancellationToken cancellationToken)
    {
        ClusterLog.AgentTriesAgain(logger, backend, reason, failures);
        var pause = Backoff.Pause(options.RetryPauseFirst, options.AgentPauseMax, failures);
        return Task.Delay(pause, time, cancellationToken);
    }

    public void Report(Exception failure) => ClusterLog.CallFailed(logger, backend.Value, failure);
}
