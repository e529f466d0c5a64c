

namespace Osmo.Grains.Events;

/// <summary>Where grains tell what happened. Must not block and must not throw.</summary>
public interface IFleetEventSink
{
    /// <summary>Tells of an event.</summary>
    void Publish(FleetEvent happened);
}
