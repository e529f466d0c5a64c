using Osmo.Grains.Availability;

namespace Osmo.Grains.Nodes;

/// <summary>
/// One node. It lives in its backend's mailbox: only <see cref="Current"/> may be read from elsewhere. What it knows is swapped
/// as a whole, after it is durable.
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
    /// The label value to ask for, or null where the node carries the right one already or the question is on its way: this is
    /// what keeps a node from being patched twice.
    /// </summary>
    internal bool? DecideLabel()
    {
        var wanted = Current.Available;
        if (Current.VerifiedLabel == NodeConditionPrefix.LabelValue(wanted))
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
        if (outcome == LabelOutcome.Retrying)
        {
            LabelError = message;
            return false;
        }

        LabelError = outcome == LabelOutcome.GaveUp ? message : null;
        if (_labelAsked != available)
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
