using Osmo.Grains.Backends;
using Osmo.Grains.Errors;

namespace Osmo.Cluster.Routing;

/// <summary>Brings a call to the owner of its backend, and tries again until its deadline.</summary>
internal interface ICallRouter
{
    /// <exception cref="OsmoException">The grain's refusal, or that there was no answer in time.</exception>
    Task<TAnswer> CallAsync<TAnswer>(BackendName backend, GrainCall<TAnswer> call, CancellationToken cancellationToken);
}
