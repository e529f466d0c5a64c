namespace Osmo.Kubernetes;

/// <summary>Receives the events that an <see cref="EventReflector"/> sees, from one thread at a time. Calls must be quick.</summary>
public interface IEventSink
{
    /// <summary>Something happened. The same may come several times, and what happened long ago after what is new.</summary>
    void Happened(EventProjection entry);
}
