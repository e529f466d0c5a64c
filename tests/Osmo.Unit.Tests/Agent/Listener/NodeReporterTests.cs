using System.Text.Json.Nodes;
using Osmo.Agent;
using Osmo.Domain.Availability;
using Osmo.Kubernetes;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Agent.Listener;

/// <summary>From nodes to messages: what is told when, what is not told twice, and what waits.</summary>
public sealed class NodeReporterTests
{
    private const string Host = "kubernetes.io/hostname";

    private readonly ManualTimeProvider _time = new();
    private readonly AsyncSignal _changed = new();
    private readonly NodeStore _store;
    private readonly NodeJudge _judge = new();
    private readonly UsageTable _usage;
    private readonly ListenerOutbox _outbox;
    private readonly NodeReporter _reporter;
    private readonly List<string> _sent = [];
    private int _version = 1;

    public NodeReporterTests()
        : this(window: 100)
    {
    }

    private NodeReporterTests(int window)
    {
        _store = new NodeStore(_changed);
        _usage = new UsageTable(["workflows"], _changed);
        _outbox = new ListenerOutbox(window, _changed, _time);
        _reporter = new NodeReporter(_store, _judge, _usage, _outbox, _changed, TimeSpan.FromMinutes(5), _time);
        _judge.Take(NodeConditionRules.Default);
    }

    [Fact]
    public void First_come_all_nodes_then_what_they_use_then_their_names()
    {
        List(Node("a"), Node("b", ready: "False"));
        _usage.Replace([]);
        Assert.Equal(
            ["resource a True", "resource b False", "resource_usage a", "resource_usage b", "node_hash a b"], Told().Order(ByKind));
        Assert.Empty(Told());
    }

    [Fact]
    public void Nothing_is_said_before_it_is_known_how_to_judge()
    {
        NodeReporter untold = new(_store, new NodeJudge(), _usage, _outbox, _changed, TimeSpan.FromMinutes(5), _time);
        List(Node("a"));
        untold.Step();
        Assert.Equal(0, _outbox.Count);
    }

    [Fact]
    public void Only_what_changes_a_message_is_sent()
    {
        List(Node("a"));
        Told();
        _store.Upsert(Node("a", conditions: [("Ready", "True"), ("DiskPressure", "False")]));
        Assert.Empty(Told());
        _store.Upsert(Node("a", conditions: [("Ready", "True"), ("DiskPressure", "Unknown")]));
        Assert.Equal(["resource a False"], Told());
        _store.Upsert(Node("a", labels: [("feature.node.kubernetes.io/x", "1"), (Host, "a")]));
        Assert.Equal(["resource a True"], Told());
        _store.Upsert(Node("a", labels: [("feature.node.kubernetes.io/x", "2"), (Host, "a")]));
        Assert.Empty(Told());
    }

    [Fact]
    public void While_the_window_is_full_only_the_newest_state_of_a_node_waits()
    {
        NodeReporterTests small = new(window: 2);
        small.List(small.Node("a"), small.Node("b"), small.Node("c"));
        Assert.Equal(["resource a True", "resource b True"], small.Told());
        foreach (string ready in (string[])["False", "True", "Unknown"])
        {
            small._store.Upsert(small.Node("a", ready: ready));
            small._store.Upsert(small.Node("c", ready: ready));
            Assert.Empty(small.Told());
        }

        small._store.Delete("b", "uid-of-b");
        List<string> rest = [];
        while (small._outbox.Count > 0)
        {
            small.AcknowledgeAll();
            rest.AddRange(small.Told());
        }

        string[] names = [.. rest.Where(told => told.StartsWith("node_hash", StringComparison.Ordinal))];
        Assert.Equal(["delete_resource b", "resource a False", "resource c False"], rest.Except(names).Order(StringComparer.Ordinal));
        Assert.Equal("node_hash a c", names[^1]);
    }

    [Fact]
    public void Other_rules_are_told_by_the_nodes_whose_verdict_they_change()
    {
        List(Node("a"), Node("b", conditions: [("Ready", "True"), ("GpuHealthy", "True")]));
        Told();
        Assert.True(NodeConditionRules.TryCreate(["GpuHealthy"], [], out NodeConditionRules rules, out _));
        Assert.True(_judge.Take(rules));
        _store.ReportAgain();
        Assert.Equal(["resource b True"], Told());
        Assert.False(_judge.Take(rules));
    }

    [Fact]
    public void A_new_list_and_the_refresh_name_the_nodes_again_and_the_refresh_what_they_use()
    {
        List(Node("a"));
        _usage.Replace([]);
        Told();
        _store.Synced();
        Assert.Equal(["node_hash a"], Told());
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(["resource_usage a", "node_hash a"], Told());
        _time.Advance(TimeSpan.FromMinutes(5));
        Told();
        _time.Advance(TimeSpan.FromMinutes(5));

        // By now the service may have lost it.
        Assert.Equal(["resource a True", "resource_usage a", "node_hash a"], Told());
    }

    [Fact]
    public void Usage_is_told_when_it_changes_and_of_nodes_that_were_told_of()
    {
        List(Node("a"));
        _usage.Replace([Pod("p", "a", "1"), Pod("q", "unknown", "1")]);
        Assert.Equal(["resource a True", "resource_usage a", "node_hash a"], Told());
        _usage.Upsert(Pod("p", "a", "1"));
        Assert.Empty(Told());
        _usage.Upsert(Pod("p", "a", "2"));
        Assert.Equal(["resource_usage a"], Told());
        _store.Upsert(Node("unknown"));
        Assert.Equal(["resource unknown True", "resource_usage unknown"], Told());
    }

    [Fact]
    public void Nodes_that_lack_everything_are_told_of_like_all_others()
    {
        List(new NodeProjection { Name = "bare", Uid = "u" }, Node("a"));
        Assert.Equal(["resource a True", "resource bare True", "node_hash a bare"], Told().Order(ByKind));
    }

    [Fact]
    public void A_name_that_two_nodes_claim_belongs_to_the_first_and_moves_are_told()
    {
        List(Node("a", labels: [(Host, "same")]), Node("b", labels: [(Host, "same")]), Node("c", labels: []));
        Assert.Equal(["resource b True", "resource c True", "resource same True", "node_hash b c same"], Told().Order(ByKind));
        _store.Upsert(Node("c", labels: [(Host, "other")]));
        Assert.Equal(["delete_resource c", "resource other True"], Told());
        _store.Delete("a", "uid-of-a");
        Assert.Equal(["delete_resource same"], Told());
        _store.Upsert(Node("b", labels: [(Host, "same"), ("x", "y")]));
        Assert.Equal(["delete_resource b", "resource same True"], Told());
    }

    private static Comparer<string> ByKind => Comparer<string>.Create((left, right) =>
        (Kind(left), left).CompareTo((Kind(right), right)));

    private static int Kind(string told) => told.Split(' ')[0] switch { "resource" => 0, "resource_usage" => 1, _ => 2 };

    private NodeProjection Node(
        string name,
        string ready = "True",
        (string Type, string Status)[]? conditions = null,
        (string Key, string Value)[]? labels = null) => new()
        {
            Name = name,
            Uid = $"uid-of-{name}",
            ResourceVersion = $"{_version++}",
            Conditions = [.. (conditions ?? [("Ready", ready)]).Select(pair => new NodeCondition(pair.Type, pair.Status))],
            Labels =
            [
                .. (labels ?? [(Host, name)]).OrderBy(label => label.Key, StringComparer.Ordinal)
                    .Select(label => new NodeLabel(label.Key, label.Value)),
            ],
            Allocatable = [new NodeResource("cpu", "8")],
        };

    private static PodProjection Pod(string name, string node, string cores) => new()
    {
        Namespace = "default",
        Name = name,
        Node = node,
        Phase = "Running",
        Requests = [new NodeResource("cpu", cores)],
    };

    private void List(params NodeProjection[] nodes)
    {
        _store.Replace(nodes);
        _store.Synced();
    }

    /// <summary>What is sent now, in words; it is acknowledged unless the window is small.</summary>
    private List<string> Told()
    {
        _reporter.Step();
        List<string> told = [];
        while (_outbox.TryTake(out ReadOnlyMemory<byte> frame))
        {
            JsonNode message = JsonNode.Parse(frame.Span)!;
            JsonNode body = message["body"]!;
            _sent.Add((string)message["uuid"]!);
            told.Add($"{message["type"]} " + (string)message["type"]! switch
            {
                "resource" => $"{body["hostname"]} {((bool)body["available"]! ? "True" : "False")}",
                "node_hash" => string.Join(' ', body["node_hashes"]!.AsArray().Select(name => (string)name!)),
                "delete_resource" => (string)body["resource"]!,
                _ => (string)body["hostname"]!,
            });
        }

        if (_outbox.Window > 10)
        {
            AcknowledgeAll();
        }

        return told;
    }

    private void AcknowledgeAll()
    {
        _sent.ForEach(id => _outbox.Acknowledge(id));
        _sent.Clear();
    }
}
