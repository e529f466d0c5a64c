namespace Osmo.Silo.Hosting;

/// <summary>Orleans cannot go on in this process, above all because the others took it for dead: it has to be started again.</summary>
/// <param name="reason">What Orleans says.</param>
public sealed class SiloEndedException(string reason) : Exception(
    $"Orleans cannot go on in this process: {reason.TrimEnd('.')}. Start it again; if that happens often, the process is starved of "
    + "time or network, or --probe-seconds is too short for it.");
