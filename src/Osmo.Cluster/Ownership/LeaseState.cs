using Osmo.Grains.Errors;

namespace Osmo.Cluster.Ownership;

/// <summary>Where a silo stands in the cluster; the transitions are described where they are made, at the lease's keeper.</summary>
public enum LeaseState
{
    /// <summary>It has no row yet, or none any more.</summary>
    Joining,

    /// <summary>Its lease runs; it serves what it owns.</summary>
    Serving,

    /// <summary>Its lease could not be renewed in time; it refuses calls until it is.</summary>
    Fenced,

    /// <summary>It hands over what it owns, to leave.</summary>
    Draining,

    /// <summary>It owns nothing and has no row. Final.</summary>
    Left,

    /// <summary>Another process has taken its id. Final: this one must stop.</summary>
    Superseded,
}

/// <summary>The lease of this silo, for whoever hosts it.</summary>
public interface ISiloLease
{
    /// <summary>Where it stands.</summary>
    LeaseState State { get; }

    /// <summary>Its incarnation; null while it has none.</summary>
    long? Incarnation { get; }

    /// <summary>Completes when another process has taken this silo's id, with the error to stop with.</summary>
    Task<OsmoException> Superseded { get; }
}
