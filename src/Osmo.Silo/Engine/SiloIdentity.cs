namespace Osmo.Silo.Engine;

/// <summary>Which silo this is.</summary>
/// <param name="Id">Its id, for people: the pod's name in Kubernetes.</param>
/// <param name="Version">The version of its build.</param>
public sealed record SiloIdentity(string Id, string Version);
