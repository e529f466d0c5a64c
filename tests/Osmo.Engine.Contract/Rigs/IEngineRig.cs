using Osmo.Configs.Storage;
using Osmo.Grains.Engine;
using Osmo.Grains.Storage;

namespace Osmo.Engine.Contract.Rigs;

/// <summary>An engine that runs, as every engine can: with one process or with many.</summary>
public interface IEngineRig : IAsyncDisposable
{
    /// <summary>The processes that run grains now; of an engine with one process, that one.</summary>
    IReadOnlyList<IEngineSilo> Silos { get; }

    /// <summary>The engine as a process without grains sees it, a gateway; of an engine with one process, that one's.</summary>
    IGrainEngine Caller { get; }

    /// <summary>The front door of the caller's process, where agents connect. Nobody needs a token.</summary>
    Uri Door { get; }

    /// <summary>The gate that the store of every silo is behind.</summary>
    StoreGate Gate { get; }

    /// <summary>What is durable, past the gate.</summary>
    IBackendStore Stored { get; }

    /// <summary>The history of what is durable, past the gate.</summary>
    IConfigStore History { get; }

    /// <summary>Stops everything in good order, and starts it again on what is stored.</summary>
    Task RestartAsync();
}

/// <summary>A process that runs grains.</summary>
public interface IEngineSilo
{
    /// <summary>Its id, as <see cref="BackendPlacement.Silo"/> says it.</summary>
    string Id { get; }

    /// <summary>The engine as this process sees it: it reaches every grain, wherever that runs.</summary>
    IGrainEngine Engine { get; }
}

/// <summary>How an engine is to be started.</summary>
public sealed record RigOptions
{
    /// <summary>How many processes run grains; an engine that has one process has one all the same.</summary>
    public int Silos { get; init; } = 2;

    /// <summary>How long a call is tried in all. Generous, for tests that wait for its success.</summary>
    public TimeSpan CallTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a silo may be silent before the others take over. Generous, because a busy machine makes silos silent too; tests that
    /// let a silo end without a word ask for <see cref="ShortSilence"/>.
    /// </summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>As short as an engine has to bear.</summary>
    public static TimeSpan ShortSilence { get; } = TimeSpan.FromSeconds(1.5);
}
