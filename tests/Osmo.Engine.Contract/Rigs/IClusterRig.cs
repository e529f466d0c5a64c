using Osmo.Grains.Backends;
using Osmo.Grains.Engine;

namespace Osmo.Engine.Contract.Rigs;

/// <summary>An engine of many processes that runs, with what can befall them.</summary>
public interface IClusterRig : IEngineRig
{
    /// <summary>Starts another silo and returns when it serves its share.</summary>
    Task<IEngineSilo> AddSiloAsync();

    /// <summary>Asks a silo to stop, and returns when it has: it hands over what it runs first.</summary>
    Task StopAsync(IEngineSilo silo);

    /// <summary>A silo ends without a word: from now on it answers nobody, and says nothing to the store.</summary>
    Task EndAsync(IEngineSilo silo);

    /// <summary>
    /// Gives a backend to another silo while all live; returns when it is decided. Whoever had it may learn of it later, as usual.
    /// </summary>
    Task MoveAsync(BackendName backend);

    /// <summary>
    /// Another silo takes a backend, and the one that has it goes on believing that it owns it, whatever it hears, until the end of the
    /// test: as a process that was paused. Returns when the other one serves it.
    /// </summary>
    /// <returns>The grains of the silo that believes, and no others: nothing is asked elsewhere.</returns>
    Task<IGrainEngine> TakeAsync(BackendName backend);
}
