using System.Diagnostics;
using System.Globalization;

namespace Osmo.Bench.Running;

/// <summary>How much of the machine others used while a benchmark ran: a figure from a busy machine says little without it.</summary>
internal sealed class MachineLoad
{
    private const string StatFile = "/proc/stat";
    private const double TicksPerSecond = 100;

    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly double? _busySeconds = BusySeconds();
    private readonly TimeSpan _own = Environment.CpuUsage.TotalTime;

    /// <summary>Cores that other processes kept busy on average since this object was made; null where the system does not tell.</summary>
    public double? OtherCores()
    {
        if (BusySeconds() is not { } now || _busySeconds is not { } before)
        {
            return null;
        }

        var own = (Environment.CpuUsage.TotalTime - _own).TotalSeconds;
        return Math.Max(0, now - before - own) / Stopwatch.GetElapsedTime(_startedAt).TotalSeconds;
    }

    private static double? BusySeconds()
    {
        if (!File.Exists(StatFile))
        {
            return null;
        }

        // cpu user nice system idle iowait irq softirq steal ...
        var ticks = File.ReadLines(StatFile).First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9];
        var busy = ticks.Where((_, i) => i is not (3 or 4)).Sum(text => long.Parse(text, CultureInfo.InvariantCulture));
        return busy / TicksPerSecond;
    }
}
