using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;
using Osmo.Grains.Tests.Rigs;

namespace Osmo.Grains.Tests;

/// <summary>
/// Any interleaving of reports, changes of rules, deletions, moves, lost fences and failing writes ends with every verdict and label being
/// what the pure rules say of the last state.
/// </summary>
public sealed class ConvergenceTests
{
    private const int Steps = 400;
    private const string Name = "b";

    private static readonly BackendName Backend = BackendName.Parse(Name);

    private static readonly string[] Rules =
    [
        """{"node_conditions":null}""",
        """{"node_conditions":{"additional_node_conditions":["Gpu*"]}}""",
        """{"node_conditions":{"ignore_node_conditions":["Gpu*"]}}""",
        """{"node_conditions":{"ignore_node_conditions":["Ready"]}}""",
    ];

    private static readonly string[] Statuses = ["True", "False", "Unknown"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Every_verdict_and_label_follows_from_the_last_state(int fixedSeed)
    {
        var seed = fixedSeed > 0 ? fixedSeed : Random.Shared.Next(1_000, int.MaxValue);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var cluster = await GrainCluster.StartAsync(silos: 2);
        await using var agent = new TruthAgent(cluster, Name);
        for (var step = 0; step < Steps; step++)
        {
            await StepAsync(cluster, agent, random);
        }

        cluster.Store.BeforeNodeWrite = null;
        cluster.Store.BeforeCommit = null;
        await Eventually(async () => await FindProblemAsync(cluster, agent), seed);
    }

    private static async Task StepAsync(GrainCluster cluster, TruthAgent agent, Random random)
    {
        var node = $"n{random.Next(30)}";
        switch (random.Next(100))
        {
            case < 70:
                agent.Set(node, Node(random));
                break;
            case < 78:
                agent.Set(node, null);
                break;
            case < 86:
                await TryAsync(() => cluster.Backend(Name).ConfigureAsync(
                    GrainCluster.Edit(Rules[random.Next(Rules.Length)]), GrainCluster.Somebody(), null, Cancel));
                break;
            case < 88:
                await TryAsync(() => cluster.Backend(Name).DeleteAsync(GrainCluster.Somebody(), null, Cancel));
                break;
            case < 90:
                await TryAsync(() => cluster.Orleans.DeactivateAsync(cluster.Backend(Name)));
                break;
            case < 92:
                await TryAsync(() => cluster.Orleans.MigrateAsync(cluster.Backend(Name)));
                break;
            case < 94:
                await TryAsync(() => cluster.Orleans.DeactivateAsync(cluster.Node(Name, node)));
                break;
            case < 95:
                cluster.Store.TryTakeOver(Backend);
                break;
            case < 97:
                cluster.Store.BeforeNodeWrite = FailOnce(() => cluster.Store.BeforeNodeWrite = null);
                break;
            default:
                // tidy: nothing is waited for, it is a part of what happens
                await Task.Delay(random.Next(20), Cancel);
                break;
        }
    }

    private static Func<NodeWrite, Task> FailOnce(Action done) => _ =>
    {
        done();
        throw new OsmoException(ErrorCode.Unavailable, "The store is away for a moment.");
    };

    private static TrueNode Node(Random random) => new(
        Guid.NewGuid().ToString("N"),
        random.Next(5) == 0,
        [
            new ConditionPair("Ready", Statuses[random.Next(3)]),
            new ConditionPair("GpuXid", Statuses[random.Next(3)]),
            new ConditionPair("Disk", random.Next(4) == 0 ? "True" : "False"),
        ],
        null);

    private static async Task<string?> FindProblemAsync(GrainCluster cluster, TruthAgent agent)
    {
        var status = await cluster.Backend(Name).GetAsync(Cancel);
        var rules = status.Record.Config.NodeConditions;
        var page = await cluster.Backend(Name).ListNodesAsync(new NodeQuery { Limit = 1_000 }, Cancel);
        var (truth, stored) = (agent.Nodes, cluster.Store.NodesOf(Backend));
        if (!truth.Keys.Order().SequenceEqual(page.Nodes.Select(node => node.Node.Name).Order())
            || !truth.Keys.Order().SequenceEqual(stored.Keys.Order()))
        {
            return $"nodes: true {truth.Count}, listed {page.Nodes.Length}, stored {stored.Count}";
        }

        foreach (var (name, node) in truth)
        {
            var right = rules.Explain(node.Conditions, node.Cordoned).Available;
            var shown = (await cluster.Node(Name, name).ExplainAsync(Cancel)).Node;
            if (shown.Available != right || stored[name].Available != right || stored[name].Version != shown.Version)
            {
                return $"{name}: right {right}, shown {shown.Available}, stored {stored[name].Available}";
            }

            if (node.Label != NodeConditionPrefix.LabelValue(right))
            {
                return $"{name}: right {right}, label {node.Label ?? "none"}";
            }
        }

        return null;
    }

    private static async Task Eventually(Func<Task<string?>> findProblem, int seed)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            string? problem;
            try
            {
                problem = await findProblem();
            }
            catch (Exception failure) when (failure is OsmoException or OrleansException or TimeoutException)
            {
                problem = failure.Message;
            }

            if (problem is null)
            {
                return;
            }

            Assert.False(limit.IsCancellationRequested, $"seed {seed}: {problem}");
            await timer.WaitForNextTickAsync(Cancel);
        }
    }

    private static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act().WaitAsync(TimeSpan.FromSeconds(5), Cancel);
        }
        catch (Exception failure) when (failure is OsmoException or OrleansException or TimeoutException or InvalidOperationException
            || (failure is OperationCanceledException && !Cancel.IsCancellationRequested))
        {
            // What was to happen may be impossible just now.
        }
    }
}
