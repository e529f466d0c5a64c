using Osmo.Grains.Availability;

namespace Osmo.Grains.Nodes;

/// <summary>
/// One node. It lives in its backend's mailbox; the public members may be read from anywhere. What it knows is swapped as a whole,
/// after it is durable.
/// </summary>
public sealed class NodeGrain
{
    private volatile NodeSnapshot _current;
    private bool? _labelAsked;

    internal NodeGrain(NodeSnapshot current) => _current = current;

    /// <summary>The node as it is durably known; safe to read from any thread.</summary>
    public NodeSnapshot Current => _current;

    /// <summary>Why the last label update failed, for people; null where none did.</summary>
    public string? LabelError { get; private set; }

    /// <summary>Whether a label update is on its way and not confirmed.</summary>
    public bool LabelPending => _labelAsked is not null;

    /// <summary>
    /// The agent session that last reported the node. Only then is <see cref="NodeSnapshot.VerifiedLabel"/> known to be fresh.
    /// </summary>
    internal long SeenInSession { get; set; }

    /// <summary>Takes over a state that is durable.</summary>
    internal void Publish(NodeSnapshot next)
    {
        if (next.Uid != _current.Uid)
        {
            ForgetLabelUpdate();
        }

        _current = next;
    }

    /// <summary>
    /// The label value to ask for, or null where nothing has to be said: this is what keeps a node from being patched twice. A
    /// question that is on its way and no longer right is replaced even where the label is right by now, or the agent would
    /// still get round to it.
    /// </summary>
    internal bool? DecideLabel()
    {
        var wanted = Current.Available;
        var isRight = Current.VerifiedLabel == NodeConditionPrefix.LabelValue(wanted);
        if (isRight && (_labelAsked is null || _labelAsked == wanted))
        {
            ForgetLabelUpdate();
            return null;
        }

        if (_labelAsked == wanted)
        {
            return null;
        }

        _labelAsked = wanted;
        return wanted;
    }

    /// <summary>The agent says how a label update went. True where the label has to be looked at again.</summary>
    internal bool LabelReported(LabelOutcome outcome, bool available, string message)
    {
        if (_labelAsked != available)
        {
            return false;
        }

        LabelError = outcome == LabelOutcome.Applied ? null : message;
        if (outcome == LabelOutcome.Retrying)
        {
            return false;
        }

        // After giving up, the next change of the node or the next connection asks again; at once would be a loop.
        _labelAsked = null;
        return outcome == LabelOutcome.Applied;
    }

    /// <summary>Nobody carries a label update for this node any more.</summary>
    internal void ForgetLabelUpdate()
    {
        _labelAsked = null;
        LabelError = null;
    }
}
