using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>Tells several of the same pods.</summary>
internal sealed class PodSinks(params IPodSink[] sinks) : IPodSink
{
    public void Replace(IReadOnlyList<PodProjection> pods)
    {
        foreach (IPodSink sink in sinks)
        {
            sink.Replace(pods);
        }
    }

    public void Upsert(PodProjection pod)
    {
        foreach (IPodSink sink in sinks)
        {
            sink.Upsert(pod);
        }
    }

    public void Delete(PodProjection pod)
    {
        foreach (IPodSink sink in sinks)
        {
            sink.Delete(pod);
        }
    }
}
