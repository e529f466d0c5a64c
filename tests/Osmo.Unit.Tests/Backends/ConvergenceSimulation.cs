using System.Text.Json;
using Osmo.Grains.Availability;
using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;
using Xunit;

namespace Osmo.Unit.Tests.Backends;

/// <summary>
/// A backend grain and an agent in a world that changes at random: conditions, nodes and labels change, patches fail,
/// connections break, commits fail and the grain is loaded again. When the world calms down, every label must be what the rules
/// say of its node. Everything follows from the seed.
/// </summary>
public sealed class ConvergenceSimulation
{
    private static readonly BackendName Name = BackendName.Parse("b");

    [Fact]
    public void Labels_converge_whatever_happened_before()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var world = new World(seed);
            for (var step = 0; step < 400; step++)
            {
                world.Disturb();
            }

            world.Calm();
            Assert.True(world.Wrong() is not { } wrong, $"seed {seed}: {world.Wrong()}");
        }
    }

    [Fact]
    public void A_calm_world_is_left_alone()
    {
        var world = new World(seed: 7);
        for (var step = 0; step < 400; step++)
        {
            world.Disturb();
        }

        world.Calm();
        var patches = world.Patches;
        world.Calm();
        Assert.Equal(patches, world.Patches);
    }

    private sealed class World
    {
        private static readonly string[] Statuses = ["True", "False", "Unknown"];
        private static readonly string[] Types = ["Ready", "GpuHealthy", "DiskPressure", "Odd"];

        private readonly Random _random;
        private readonly MemoryStore _store = new();
        private readonly Dictionary<string, SimNode> _nodes = [];
        private readonly HashSet<string> _dirty = [];
        private readonly Dictionary<string, LabelUpdate> _asked = [];
        private BackendGrain _grain;
        private RecordingPort _port = new();
        private AgentSession? _session;
        private ulong _sequence;
        private DateTimeOffset _now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);
        private int _uids;

        public World(int seed)
        {
            _random = new Random(seed);
            _grain = new BackendGrain(Name, new LoadedBackend(_store.Load(), []), new NoWatchers());
        }

        public int Patches { get; private set; }

        public void Disturb()
        {
            switch (_random.Next(12))
            {
                case 0:
                    AddOrRecreate();
                    break;
                case 1 when _nodes.Count > 0:
                    Remove();
                    break;
                case 2 or 3 when _nodes.Count > 0:
                    ChangeCondition();
                    break;
                case 4 when _nodes.Count > 0:
                    EditLabelByHand();
                    break;
                case 5:
                    Reconfigure();
                    break;
                case 6:
                    Break();
                    break;
                case 7:
                    FailCommit();
                    break;
                case 8 or 9:
                    Report();
                    break;
                default:
                    Patch(failing: _random.Next(3) == 0);
                    break;
            }
        }

        /// <summary>Lets everything that is under way happen, with no more trouble.</summary>
        public void Calm()
        {
            Run(turn => turn.Configure(Edit("""{"services":{"backendListener":{"enable_node_label_update":true}}}"""), Audit.System, null));
            for (var round = 0; round < 20; round++)
            {
                Report();
                Patch(failing: false);
            }
        }

        public string? Wrong()
        {
            var rules = _grain.View.Record!.Config.NodeConditions;
            foreach (var (name, node) in _nodes)
            {
                var wanted = NodeConditionPrefix.LabelValue(rules.Explain(node.Conditions, node.Unschedulable).Available);
                if (node.Label != wanted)
                {
                    return $"{name} carries {node.Label ?? "nothing"} and should carry {wanted}";
                }
            }

            var known = _grain.ListNodes(new NodeQuery())!.Nodes.Select(node => node.Node.Name).ToHashSet();
            return known.SetEquals(_nodes.Keys) ? null : "the grain knows other nodes than there are";
        }

        private static ReplaceFields Edit(string json) => new(JsonDocument.Parse(json).RootElement);

        private SimNode Any() => _nodes.Values.ElementAt(_random.Next(_nodes.Count));

        private void AddOrRecreate()
        {
            var name = $"n{_random.Next(8)}";
            _nodes[name] = new SimNode(
                name, $"uid-{++_uids}", [.. Types.Select(type => new ConditionPair(type, Statuses[_random.Next(3)]))]);
            _dirty.Add(name);
        }

        private void Remove()
        {
            var name = Any().Name;
            _nodes.Remove(name);
            _dirty.Add(name);
        }

        private void ChangeCondition()
        {
            var node = Any();
            node.Conditions[_random.Next(Types.Length)] = new(Types[_random.Next(Types.Length)], Statuses[_random.Next(3)]);
            node.Unschedulable = _random.Next(4) == 0;
            _dirty.Add(node.Name);
        }

        private void EditLabelByHand()
        {
            var node = Any();
            node.Label = _random.Next(4) switch { 0 => null, 1 => "True", 2 => "False", _ => "maybe" };
            _dirty.Add(node.Name);
        }

        private void Reconfigure()
        {
            string[] edits =
            [
                """{"node_conditions":{"additional_node_conditions":["Gpu*"]}}""",
                """{"node_conditions":{"ignore_node_conditions":["Odd","DiskPressure"]}}""",
                """{"node_conditions":{}}""",
                """{"services":{"backendListener":{"enable_node_label_update":true}}}""",
                """{"services":{"backendListener":{"enable_node_label_update":false}}}""",
            ];
            EnsureConnected();
            Run(turn => turn.Configure(Edit(edits[_random.Next(edits.Length)]), Audit.System, null));
        }

        private void Break()
        {
            if (_session is { } session && _random.Next(2) == 0)
            {
                Run(turn => turn.Disconnect(session));
            }

            _session = null;
        }

        /// <summary>The grain goes away between the commit and what would have followed, or before the commit.</summary>
        private void FailCommit()
        {
            EnsureConnected();
            var turn = _grain.BeginTurn(_now);
            turn.Report(_session!, NextBatch());
            var commit = turn.Commit();
            if (_random.Next(2) == 0)
            {
                _store.Commit(commit);
            }

            _grain = new BackendGrain(Name, new LoadedBackend(_store.Load(), []), new NoWatchers());
            _session = null;
        }

        private void EnsureConnected()
        {
            if (_session is not null && _port.Refused is null)
            {
                return;
            }

            _port = new RecordingPort();
            _sequence = 0;
            _asked.Clear();
            Run(turn => _session = turn.Connect(new AgentHello("uid", "w", "1", "", LabelUpdates: false, "one"), _port));
            Run(turn => turn.Report(
                _session!, new NodeReportBatch(++_sequence, [.. _nodes.Values.Select(node => node.Report())], [], true, true)));
            _dirty.Clear();
        }

        private void Report()
        {
            EnsureConnected();
            var batch = NextBatch();
            Run(turn => turn.Report(_session!, batch));
        }

        private NodeReportBatch NextBatch()
        {
            var batch = new NodeReportBatch(
                ++_sequence,
                [.. _dirty.Where(_nodes.ContainsKey).Select(name => _nodes[name].Report())],
                [.. _dirty.Where(name => !_nodes.ContainsKey(name))],
                false,
                false);
            _dirty.Clear();
            return batch;
        }

        /// <summary>The agent's side of labels: the latest value per node, and the node's state before the result.</summary>
        private void Patch(bool failing)
        {
            if (_session is null || _port.Refused is not null)
            {
                return;
            }

            foreach (var update in _port.Labels)
            {
                _asked[update.Node] = update;
            }

            _port.Labels.Clear();
            if (_port.Policy == false)
            {
                _asked.Clear();
            }

            var results = new List<LabelReport>();
            foreach (var update in _asked.Values.ToList().Where(_ => !failing))
            {
                _asked.Remove(update.Node);
                if (_nodes.TryGetValue(update.Node, out var node) && node.Uid == update.Uid)
                {
                    var value = NodeConditionPrefix.LabelValue(update.Available);
                    if (node.Label != value)
                    {
                        Patches++;
                        node.Label = value;
                        _dirty.Add(node.Name);
                    }

                    results.Add(new LabelReport(update.Node, update.Available, LabelOutcome.Applied, ""));
                }
                else
                {
                    results.Add(new LabelReport(update.Node, update.Available, LabelOutcome.GaveUp, "gone"));
                }
            }

            if (_random.Next(3) == 0 && _nodes.Count > 0 && failing)
            {
                EditLabelByHand();
            }

            var batch = NextBatch();
            Run(turn =>
            {
                turn.Report(_session!, batch);
                turn.ReportLabels(_session!, results);
            });
        }

        private void Run(Action<BackendTurn> apply)
        {
            _now += TimeSpan.FromSeconds(1);
            var turn = _grain.BeginTurn(_now);
            apply(turn);
            turn.Publish(_store.Commit(turn.Commit()));
        }
    }

    private sealed class SimNode(string name, string uid, ConditionPair[] conditions)
    {
        public string Name { get; } = name;

        public string Uid { get; } = uid;

        public ConditionPair[] Conditions { get; } = conditions;

        public bool Unschedulable { get; set; }

        public string? Label { get; set; }

        public NodeReport Report() => new(Name, Uid, Unschedulable, [.. Conditions], Label, NodeFacts.Empty);
    }
}
