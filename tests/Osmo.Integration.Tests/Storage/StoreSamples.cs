using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Nodes;
using Osmo.Grains.Backends;
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

    /// <summary>A node that was never written.</summary>
    public static NodeSnapshot Node(string name, NodeFacts? facts = null, params (string Type, string Status)[] conditions)
    {
        if (!new ConditionSetPool(new ConditionTable()).TryShare(
            [.. conditions.Select(pair => new ConditionPair(pair.Type, pair.Status))], out var set))
        {
            throw new ArgumentException("These are too many conditions for a table.", nameof(conditions));
        }

        return new NodeSnapshot(name, $"uid-{name}", false, set, facts ?? NodeFacts.Empty, true, Now, null) { Version = NewNumber() };
    }

    /// <summary>The same node, as the next write stores it.</summary>
    public static NodeSnapshot Next(this NodeSnapshot node) => node with { Version = NewNumber() };

    /// <summary>A number that no other write and no other activation has.</summary>
    public static long NewNumber() => Random.Shared.NextInt64(long.MinValue, long.MaxValue) is not 0 and var number ? number : 1;
}
