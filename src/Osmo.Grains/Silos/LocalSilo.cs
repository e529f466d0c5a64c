using Osmo.Grains.Backends;

namespace Osmo.Grains.Silos;

/// <summary>What this member knows of itself and tells the others.</summary>
/// <param name="version">The version of its build.</param>
/// <param name="active">The backends that are active on it.</param>
public sealed class LocalSilo(string version, ActiveBackends active)
{
    private volatile bool _draining;
    private volatile bool _storeAnswers = true;

    /// <summary>Whether it is handing its backends over to end.</summary>
    public bool Draining
    {
        get => _draining;
        set => _draining = value;
    }

    /// <summary>Whether its store answered when it was asked last.</summary>
    public bool StoreAnswers
    {
        get => _storeAnswers;
        set => _storeAnswers = value;
    }

    /// <summary>What it carries now.</summary>
    public SiloLoad Load
    {
        get
        {
            var (backends, nodes) = active.Count();
            return new SiloLoad(version, backends, nodes, Draining, StoreAnswers);
        }
    }
}
