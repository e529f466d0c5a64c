using System.Collections.Immutable;
using Osmo.Domain.Backends;
using Osmo.Grains.Agents;
using Osmo.Grains.Nodes;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Gateway.Agents.Channel;

/// <summary>Turns the small messages of the channel into those of the grains.</summary>
internal static class AgentMessages
{
    private const int TextCharsMax = 500;

    /// <summary>What speaks against going on with an agent that says this; null if nothing does.</summary>
    public static string? Problem(Hello hello, BackendName backend) =>
        hello.ProtocolVersion == 0
            ? "Hello names no version of the protocol; 1 is the first."
            : hello.Backend != backend.Value
                ? $"Hello names another backend than the address of the connection, which is for {backend}."
                : null;

    /// <summary>How an agent introduces itself.</summary>
    public static AgentHello Read(Hello hello) => new(
        hello.ClusterUid,
        hello.WorkflowNamespace,
        hello.AgentVersion,
        hello.NodeConditionPrefix,
        hello.LabelUpdates,
        hello.AgentInstance);

    /// <summary>How label updates went.</summary>
    public static ImmutableArray<LabelReport> Read(LabelResults results) => [.. results.Results.Select(Read)];

    /// <summary>Why the agent cannot watch its cluster; null while it can.</summary>
    public static string? Read(Heartbeat heartbeat) => heartbeat.ClusterError is { Length: > 0 } text ? Shorten(text) : null;

    private static LabelReport Read(LabelResult result) => new(
        result.Node,
        result.Available,
        result.Outcome switch
        {
            LabelResult.Types.Outcome.Applied => LabelOutcome.Applied,
            LabelResult.Types.Outcome.GaveUp => LabelOutcome.GaveUp,
            _ => LabelOutcome.Retrying,
        },
        Shorten(result.Message));

    private static string Shorten(string text) => text.Length <= TextCharsMax ? text : text[..TextCharsMax];
}
