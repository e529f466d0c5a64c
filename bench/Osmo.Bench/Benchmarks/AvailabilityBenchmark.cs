using Osmo.Bench.Running;
using Osmo.Domain.Availability;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// Judges nodes of 12 conditions by the installation guide's example configuration, on one thread. The conditions of each node lie in
/// memory of their own, as in a silo, and one node in 20 is unavailable for one of several reasons.
/// </summary>
internal sealed class AvailabilityBenchmark : IBenchmark
{
    private const int Nodes = 10_000;
    private const int UnhealthyEvery = 20;
    private const int CordonedEvery = 50;
    private const double NodesPerSecondMin = 20_000_000;

    // In a fixed order, as kubelet and node-problem-detector write them; the first two must be True, the others False.
    private static readonly string[] Types =
        ["Ready", "GpuHealthy", "MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable", "KernelDeadlock",
         "ReadonlyFilesystem", "FrequentKubeletRestart", "FrequentContainerdRestart", "SomeTransientDisk", "NTPProblem"];

    public string Name => "availability";

    public string Summary => $"judge nodes of {Types.Length} conditions by the guide's example configuration, one core";

    public Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        if (!NodeConditionRules.TryCreate(["GpuHealthy"], ["NetworkUnavailable", "SomeTransient*"], out var rules, out var errors))
        {
            throw new InvalidOperationException(errors[0].Message);
        }

        var table = new ConditionTable();
        var nodes = Enumerable.Range(0, Nodes).Select(i => Conditions(table, i)).ToArray();
        var policy = new ConditionPolicy(rules, table);
        var expected = Count(policy, nodes);
        var (perSecond, perCpuSecond, bytes) = Repeated.Measure(Nodes, () =>
        {
            if (Count(policy, nodes) != expected)
            {
                throw new InvalidOperationException("The same nodes were judged differently.");
            }
        });

        var detail = $"{perCpuSecond:N0} for a second of CPU; {expected} of {Nodes} available";
        return Task.FromResult<IReadOnlyList<Figure>>(
        [
            new("nodes judged", perSecond, "nodes/s", NodesPerSecondMin, GoalKind.AtLeast, detail),
            new("allocated", bytes, "bytes/node", 0, GoalKind.AtMost),
        ]);
    }

    private static int Count(ConditionPolicy policy, int[][] nodes)
    {
        var available = 0;
        for (var i = 0; i < nodes.Length; i++)
        {
            available += policy.IsAvailable(nodes[i], unschedulable: i % CordonedEvery == 0) ? 1 : 0;
        }

        return available;
    }

    private static int[] Conditions(ConditionTable table, int node)
    {
        var failing = node % UnhealthyEvery == 0 ? node / UnhealthyEvery % Types.Length : -1;
        return [.. Types.Select((type, i) => table.Intern(type, i == failing ? "Unknown" : i < 2 ? "True" : "False"))];
    }
}
