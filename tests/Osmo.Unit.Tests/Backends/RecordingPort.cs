using Osmo.Grains.Agents;
using Osmo.Grains.Nodes;

namespace Osmo.Unit.Tests.Backends;

/// <summary>An agent's port that remembers what it is told.</summary>
internal sealed class RecordingPort : IAgentPort
{
    public bool? Policy { get; private set; }

    public AgentRefusal? Refused { get; private set; }

    public string Message { get; private set; } = "";

    public List<LabelUpdate> Labels { get; } = [];

    public void UpdateLabel(LabelUpdate update) => Labels.Add(update);

    public void SetLabelPolicy(bool enabled) => Policy = enabled;

    public void Refuse(AgentRefusal reason, string message)
    {
        if (Refused is null)
        {
            (Refused, Message) = (reason, message);
        }
    }
}
