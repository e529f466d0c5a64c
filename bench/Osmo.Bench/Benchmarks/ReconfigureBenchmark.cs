using System.Diagnostics;
using System.Globalization;
using Osmo.Bench.Channel;
using Osmo.Bench.Fleet;
using Osmo.Bench.Running;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// New rules of a backend with 100,000 nodes, labels on: rules that flip no verdict, one in a hundred, and all. Timed from the call of the
/// backend's grain: to its answer (validation, the history entry's transaction, the new policy, every verdict), to the first label update
/// that the agent receives, and to the last.
/// </summary>
internal sealed class ReconfigureBenchmark : IBenchmark
{
    private const int Nodes = 100_000;
    private const int OneIn = 100;
    private const int WarmUpRounds = 2;
    private const int Rounds = 6;
    private const double NoneMsMax = 100;
    private const double FewMsMax = 250;
    private const double AllMsMax = 6_000;
    private const double FirstMsMax = 1_000;
    private const string Backend = "reconfigure";
    private const string Failing = """{"node_conditions":{"additional_node_conditions":["NvlinkHealthy","InfinibandHealthy"]}}""";

    /// <summary>The condition that one node in a hundred has False, as is right if it is not asked to be True.</summary>
    private const string FewCondition = "OneInAHundred";

    public string Name => "reconfigure";

    public string Summary => $"new rules over {Nodes} nodes that flip no verdict, 1 % and all";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var server = await BenchServer.StartAsync();
        await using var agent = await WindowedAgent.ConnectAsync(server.Url, Backend, labels: true);
        await server.ConfigureAsync(Backend, BenchServer.HealthyRules);
        await LoadAsync(agent);
        await agent.LabelUpdatesAsync(Nodes);

        var none = await RoundsAsync(server, agent, Rules("NobodyHasIt"), flips: 0);
        var few = await RoundsAsync(server, agent, Rules(FewCondition), Nodes / OneIn);
        var all = await RoundsAsync(server, agent, Failing, Nodes);
        return
        [
            Of("no verdict flips: to the answer", none.Select(round => round.AnswerMs), NoneMsMax),
            Of("1 % flip: to the last label update", few.Select(round => round.LastMs), FewMsMax),
            Of("all flip: to the last label update", all.Select(round => round.LastMs), AllMsMax),
            Of("all flip: to the first label update", all.Select(round => round.FirstMs), FirstMsMax),
            Of("all flip: to the answer", all.Select(round => round.AnswerMs), goal: null),
        ];
    }

    private static string Rules(string condition) =>
        $$$"""{"node_conditions":{"additional_node_conditions":["GpuHealthy","NvlinkHealthy","InfinibandHealthy","{{{condition}}}"]}}""";

    private static Figure Of(string name, IEnumerable<double> rounds, double? goal)
    {
        double[] sorted = [.. rounds.Order()];
        return new(
            name,
            Percentile.Median(sorted),
            "ms",
            goal,
            GoalKind.AtMost,
            string.Create(CultureInfo.InvariantCulture, $"{sorted.Length} changes from {sorted[0]:F0} to {sorted[^1]:F0} ms"));
    }

    /// <summary>Changes to these rules and back.</summary>
    private static async Task<List<Round>> RoundsAsync(BenchServer server, WindowedAgent agent, string rules, int flips)
    {
        var rounds = new List<Round>();
        for (var number = -WarmUpRounds; number < Rounds; number++)
        {
            var isChanged = number % 2 == 0;
            var before = agent.LabelUpdates;
            var start = Stopwatch.GetTimestamp();
            var first = FirstAsync(agent, before, flips, start);
            await server.ConfigureAsync(Backend, isChanged ? rules : BenchServer.HealthyRules);
            var answer = Stopwatch.GetElapsedTime(start);
            var firstMs = await first;
            await agent.LabelUpdatesAsync(before + flips);
            var last = Stopwatch.GetElapsedTime(start);
            var status = await server.Backend(Backend).GetAsync(CancellationToken.None);
            if (status.Available != Nodes - (isChanged ? flips : 0))
            {
                throw new InvalidOperationException($"{status.Available} nodes are available after the change.");
            }

            if (number >= 0)
            {
                rounds.Add(new Round(answer.TotalMilliseconds, firstMs, last.TotalMilliseconds));
            }
        }

        return rounds;
    }

    private static async Task<double> FirstAsync(WindowedAgent agent, long before, int flips, long start)
    {
        await agent.LabelUpdatesAsync(before + Math.Min(flips, 1));
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static async Task LoadAsync(WindowedAgent agent)
    {
        var reports = new NodeReports();
        var nodes = RealisticNodes.Decoded(Nodes);
        for (var i = 0; i < Nodes; i += OneIn)
        {
            nodes[i] = RealisticNodes.WithCondition(nodes[i], FewCondition, "False");
        }

        foreach (var frame in reports.Snapshot(nodes))
        {
            await agent.SendAsync(frame);
        }

        await agent.AcknowledgedAsync(reports.Sequence);
    }

    private readonly record struct Round(double AnswerMs, double FirstMs, double LastMs);
}
