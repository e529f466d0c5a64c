using System.Collections.Immutable;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Agents;

/// <summary>The way from a backend's grain to its agent: an object of the gateway that has the agent's connection.</summary>
[Alias("osmo.agent-observer")]
public interface IAgentObserver : IGrainObserver
{
    /// <summary>Tells the agent something. Returns when it is handed to the network, which is how a slow agent slows its grain.</summary>
    [Alias("tell")]
    Task TellAsync(AgentNews news);

    /// <summary>The session has ended.</summary>
    /// <param name="reason">Why: with <see cref="AgentRefusal.Moved"/> the gateway joins the agent to the next activation.</param>
    /// <param name="message">The reason, for people.</param>
    [Alias("end")]
    Task EndAsync(AgentRefusal reason, string message);
}

/// <summary>What a backend's grain tells its agent.</summary>
/// <param name="LabelPolicy">Whether labels are to be updated from now on; null if that did not change.</param>
/// <param name="Labels">Labels that should change; for one node the latest counts.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.agent-news")]
public sealed record AgentNews([property: Id(0)] bool? LabelPolicy, [property: Id(1)] ImmutableArray<LabelUpdate> Labels);

/// <summary>The answer to an agent that connects.</summary>
/// <param name="Session">The session that its reports have to name; 0 if it is refused.</param>
/// <param name="LabelUpdates">Whether labels are to be updated.</param>
/// <param name="Refusal">Why it is refused; null if it is not.</param>
/// <param name="Message">The reason, for people; empty if there is none.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.agent-joined")]
public sealed record AgentJoined(
    [property: Id(0)] long Session,
    [property: Id(1)] bool LabelUpdates,
    [property: Id(2)] AgentRefusal? Refusal,
    [property: Id(3)] string Message);
