namespace Osmo.Kubernetes;

/// <summary>Receives what a <see cref="PodReflector"/> sees, from one thread at a time, in order. Calls must be quick.</summary>
public interface IPodSink
{
    /// <summary>All pods there are, from a list: whatever is not among them is gone.</summary>
    void Replace(IReadOnlyList<PodProjection> pods);

    /// <summary>A pod is new, or something of it changed.</summary>
    void Upsert(PodProjection pod);

    /// <summary>A pod is gone.</summary>
    void Delete(PodProjection pod);
}
