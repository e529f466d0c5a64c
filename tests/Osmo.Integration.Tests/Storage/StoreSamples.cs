using Osmo.Grains.Availability;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Integration.Tests.Storage;

/// <summary>Things to store.</summary>
internal static class StoreSamples
{
    /// <summary>Quotes, line ends, what JSON and SQL escape, right-to-left text, characters outside the basic plane.</summary>
    public const string OddText =
        "'); DROP TABLE node;-- \"q\" \\ \r\n\t $1 {a,b} NULL \u0001\u007f \u05e9\u05dc\u05d5\u05dd \U0001f680 \u00e9e\u0301";

    public static readonly DateTimeOffset Now = new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero).AddTicks(1_234_560);

    public static BackendName Name(string name) => BackendName.Parse(name);

    public static BackendRecord Record(string name, string description = "", string version = "1.0") => new(
        Name(name),
        BackendConfig.Default with { Description = description },
        new BackendRegistration($"uid-{name}", "workflows", version, NodeConditionPrefix.Default, AgentLabelUpdates: false),
        Revision: 0,
        CreatedAt: Now,
        LastHeartbeat: null);

    public static HistoryDraft Draft(
        BackendRecord record, string description = "", string[]? tags = null, DateTimeOffset? at = null, RequestId? request = null) => new(
        "ann", at ?? Now, description, new TextList([.. tags ?? []]), BackendDocument.ToJson(record, at ?? Now), request);

    /// <summary>A change of a backend's configuration.</summary>
    public static BackendCommit Change(string name, string description = "", RequestId? request = null)
    {
        var record = Record(name, description);
        return new BackendCommit(Name(name)) { Record = record, History = Draft(record, description, request: request) };
    }

    public static BackendCommit Deletion(string name) =>
        new(Name(name)) { Deleted = true, History = new HistoryDraft("bob", Now, "gone", TextList.Empty, DocumentJson: null) };

    public static NodeReport Node(string name, NodeFacts? facts = null, params (string Type, string Status)[] conditions) => new(
        name, $"uid-{name}", false, [.. conditions.Select(c => new ConditionPair(c.Type, c.Status))], null, facts ?? NodeFacts.Empty);

    /// <summary>Nodes as a grain stages them when an agent reports them.</summary>
    public static IReadOnlyList<NodeWrite> Writes(params NodeReport[] nodes)
    {
        var sink = new NoSink();
        var grain = new BackendGrain(Name("any"), new LoadedBackend(null, []), sink);
        var turn = grain.BeginTurn(Now);
        var session = turn.Connect(new AgentHello("uid", "workflows", "1.0", "", false, "one"), sink)!;
        turn.Report(session, new NodeReportBatch(1, nodes, [], SnapshotBegin: false, SnapshotEnd: false));
        return [.. turn.Commit().NodeWrites.Select(write => write with { FactsChanged = true })];
    }

    private sealed class NoSink : IFleetEventSink, IAgentPort
    {
        public void Publish(FleetEvent happened)
        {
        }

        public void Welcome(bool labelUpdates)
        {
        }

        public void Acknowledge(ulong sequence)
        {
        }

        public void UpdateLabels(IReadOnlyList<LabelUpdate> updates)
        {
        }

        public void SetLabelPolicy(bool enabled)
        {
        }

        public void Refuse(AgentRefusal reason, string message) => throw new InvalidOperationException(message);
    }
}
