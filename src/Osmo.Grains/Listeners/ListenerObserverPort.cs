using Osmo.Domain.Availability;
using Osmo.Grains.Agents;

namespace Osmo.Grains.Listeners;

/// <summary>What is on its way to the gateway of one connection of an OSMO agent: the newest node conditions, and the end.</summary>
internal sealed class ListenerObserverPort(IListenerObserver observer, Action lost) : IListenerPort
{
    private readonly Lock _gate = new();
    private NodeConditionRules? _rules;
    private bool _joined;
    private bool _sending;
    private bool _ended;

    /// <summary>Why the agent was refused; null if it was not.</summary>
    public (AgentRefusal Reason, string Message)? Refusal { get; private set; }

    /// <summary>The agent was told that it is joined: what comes now goes to its observer.</summary>
    public void Join()
    {
        lock (_gate)
        {
            _joined = true;
            SendIfIdle();
        }
    }

    public void PushNodeConditions(NodeConditionRules rules)
    {
        lock (_gate)
        {
            _rules = rules;
            SendIfIdle();
        }
    }

    public void Refuse(AgentRefusal reason, string message)
    {
        lock (_gate)
        {
            Refusal ??= (reason, message);
            SendIfIdle();
        }
    }

    private void SendIfIdle()
    {
        if (_joined && !_sending && !_ended && (_rules is not null || Refusal is not null))
        {
            _sending = true;
            _ = Task.Run(SendAsync);
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (Take() is { } rules)
            {
                await observer.TellAsync(rules);
            }

            if (_ended && Refusal is { } refusal)
            {
                await observer.EndAsync(refusal.Reason, refusal.Message);
            }
        }
        catch (Exception)
        {
            // The gateway is gone, or cannot be reached: the agent comes again by whichever way is left.
            _ended = true;
            lost();
        }
    }

    private NodeConditionRules? Take()
    {
        lock (_gate)
        {
            _ended = Refusal is not null;
            var rules = _ended ? null : _rules;
            _rules = null;
            _sending = rules is not null || _ended;
            return rules;
        }
    }
}
