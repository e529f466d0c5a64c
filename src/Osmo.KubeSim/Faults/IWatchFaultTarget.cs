namespace Osmo.KubeSim.Faults;

/// <summary>An open watch that faults can be done to.</summary>
internal interface IWatchFaultTarget
{
    void Inject(WatchFault fault);
}
