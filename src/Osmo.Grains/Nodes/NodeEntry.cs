using Osmo.Domain.Availability;
using Osmo.Domain.Nodes;

namespace Osmo.Grains.Nodes;

/// <summary>
/// A node in the roster of its backend. The node's grain decides what it holds; the backend's grain and readers on any thread share it, and
/// it stays when the node's grain is collected.
/// </summary>
public sealed class NodeEntry
{
    private readonly Lock _label = new();
    private volatile NodeSnapshot _current;
    private long _seenInSession;
    private long _round;
    private bool? _asked;
    private string? _error;

    internal NodeEntry(NodeSnapshot current) => _current = current;

    /// <summary>The node as it is durably known.</summary>
    public NodeSnapshot Current => _current;

    /// <summary>
    /// The agent session that last reported the node. Only then is <see cref="NodeSnapshot.VerifiedLabel"/> known to be fresh.
    /// </summary>
    internal long SeenInSession
    {
        get => Volatile.Read(ref _seenInSession);
        set => Volatile.Write(ref _seenInSession, value);
    }

    internal void Publish(NodeSnapshot next)
    {
        if (next.Uid != _current.Uid)
        {
            lock (_label)
            {
                Forget();
            }
        }

        _current = next;
    }

    /// <summary>Whether a label update is on its way and not confirmed, and why the last one failed.</summary>
    /// <param name="round">The round that counts now; see <see cref="Roster.LabelRound"/>.</param>
    internal (bool Pending, string? Error) LabelStateIn(long round)
    {
        lock (_label)
        {
            return _round == round ? (_asked is not null, _error) : (false, null);
        }
    }

    /// <summary>
    /// The label value to ask for, or null if nothing has to be said: this is what keeps a node from being patched twice. A question that
    /// is on its way and no longer right is replaced even if the label is right by now, or the agent would still get round to it.
    /// </summary>
    internal bool? DecideLabel(long round)
    {
        lock (_label)
        {
            Enter(round);
            var wanted = Current.Available;
            var isRight = Current.VerifiedLabel == NodeConditionPrefix.LabelValue(wanted);
            if (isRight && (_asked is null || _asked == wanted))
            {
                Forget();
                return null;
            }

            if (_asked == wanted)
            {
                return null;
            }

            _asked = wanted;
            return wanted;
        }
    }

    /// <summary>Whether <see cref="DecideLabel"/> would have something to say, or to forget.</summary>
    internal bool HasLabelToDecide(long round)
    {
        lock (_label)
        {
            var asked = _round == round ? _asked : null;
            var wanted = Current.Available;
            return Current.VerifiedLabel == NodeConditionPrefix.LabelValue(wanted) ? asked is not null : asked != wanted;
        }
    }

    /// <summary>The agent says how a label update went. True if the label has to be looked at again.</summary>
    internal bool LabelReported(long round, LabelReport report)
    {
        lock (_label)
        {
            if (_round != round || _asked != report.Available)
            {
                return false;
            }

            _error = report.Outcome == LabelOutcome.Applied ? null : report.Message;
            if (report.Outcome == LabelOutcome.Retrying)
            {
                return false;
            }

            // After giving up, the next change of the node or the next session asks again; at once would be a loop.
            _asked = null;
            return report.Outcome == LabelOutcome.Applied;
        }
    }

    private void Enter(long round)
    {
        if (_round != round)
        {
            Forget();
            _round = round;
        }
    }

    private void Forget()
    {
        _asked = null;
        _error = null;
    }
}
