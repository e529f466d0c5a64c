using System.Diagnostics;
using Osmo.Bench.Cluster;

namespace Osmo.Bench.Listener;

/// <summary>Python agents that report changes of nodes, each over the node channel of a backend of its own.</summary>
/// <param name="gateway">Where they connect.</param>
/// <param name="connections">How many.</param>
internal sealed class ListenerLoad(Uri gateway, int connections)
{
    /// <summary>Warms up, then measures.</summary>
    /// <param name="perSecond">Of all together; null for as many as their windows allow.</param>
    /// <param name="warmUp">Before it counts.</param>
    /// <param name="duration">While it counts.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task<LoadResult> RunAsync(double? perSecond, TimeSpan warmUp, TimeSpan duration, CancellationToken cancel)
    {
        var listeners = new List<WindowedListener>();
        try
        {
            for (var i = 0; i < connections; i++)
            {
                listeners.Add(await WindowedListener.OpenAsync(gateway, i, $"listener-{connections}-{i}", cancel));
            }

            var from = Stopwatch.GetTimestamp() + Ticks(warmUp);
            var to = from + Ticks(duration);
            await Task.WhenAll(listeners.Select(listener =>
                Task.Run(() => listener.RunAsync(from, to, perSecond / connections, cancel), cancel)));
            var latencies = listeners.SelectMany(listener => listener.LatenciesMs).Order().ToArray();
            return new LoadResult(latencies.Length / duration.TotalSeconds, latencies);
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
