using System.Diagnostics;
using Osmo.Bench.Running;

namespace Osmo.Bench.Cluster;

/// <summary>What a load measured.</summary>
/// <param name="PerSecond">Requests answered each second.</param>
/// <param name="LatenciesMs">Of each, sorted.</param>
internal sealed record LoadResult(double PerSecond, double[] LatenciesMs)
{
    public double P50Ms => Percentile.Of(LatenciesMs, 0.5);

    public double P99Ms => Percentile.Of(LatenciesMs, 0.99);
}

/// <summary>Clients that each send one request after the other, over a connection of their own.</summary>
/// <param name="gateway">Whom they ask.</param>
/// <param name="clients">How many.</param>
/// <param name="request">The next request of a client, by its number and that of the request.</param>
internal sealed class RequestLoad(Uri gateway, int clients, Func<int, int, byte[]> request)
{
    private const int Ok = 200;

    /// <summary>Of each client, in milliseconds; zero for as fast as it is answered.</summary>
    public TimeSpan Pace { get; init; }

    /// <summary>Warms up, then measures.</summary>
    public async Task<LoadResult> RunAsync(TimeSpan warmUp, TimeSpan duration, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        var samples = await Task.WhenAll(Enumerable.Range(0, clients).Select(
            client => Task.Run(() => RunClientAsync(client, start, warmUp, warmUp + duration, cancel), cancel)));
        var latencies = samples.SelectMany(latency => latency).Order().ToArray();
        return new LoadResult(latencies.Length / duration.TotalSeconds, latencies);
    }

    private async Task<List<double>> RunClientAsync(int client, long start, TimeSpan from, TimeSpan to, CancellationToken cancel)
    {
        var latencies = new List<double>();
        using var connection = await GatewayConnection.OpenAsync(gateway, cancel);
        using var pace = Pace > TimeSpan.Zero ? new PeriodicTimer(Pace) : null;
        for (var i = 0; Stopwatch.GetElapsedTime(start) is var now && now < to; i++)
        {
            var bytes = request(client, i);
            var sentAt = Stopwatch.GetTimestamp();
            var status = await connection.AskAsync(bytes, cancel);
            if (status != Ok)
            {
                throw new InvalidOperationException($"The gateway answered {status}.");
            }

            if (now >= from)
            {
                latencies.Add(Stopwatch.GetElapsedTime(sentAt).TotalMilliseconds);
            }

            if (pace is not null)
            {
                await pace.WaitForNextTickAsync(cancel);
            }
        }

        return latencies;
    }
}
