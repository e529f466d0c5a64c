using System.Collections.Immutable;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Agents;

/// <summary>
/// What is on its way to an agent's gateway. It holds the latest of everything and not a queue: one policy, one label value per node. One
/// call is under way at a time, so a slow agent costs at most one update per node, and is always told the newest.
/// </summary>
internal sealed class ObserverPort(IAgentObserver observer, Action lost) : IAgentPort
{
    private const int LabelsPerCallMax = 2_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LabelUpdate> _labels = new(StringComparer.Ordinal);
    private bool? _policy;
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

    public void UpdateLabel(LabelUpdate update)
    {
        lock (_gate)
        {
            _labels[update.Node] = update;
            SendIfIdle();
        }
    }

    public void SetLabelPolicy(bool enabled)
    {
        lock (_gate)
        {
            _policy = enabled;
            if (!enabled)
            {
                _labels.Clear();
            }

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
        if (_joined && !_sending && !_ended)
        {
            _sending = true;

            // Not in the context of whichever grain brought the news: it would be kept awake by a slow agent.
            _ = Task.Run(SendAsync);
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (Take() is { } news)
            {
                await observer.TellAsync(news);
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

    private AgentNews? Take()
    {
        lock (_gate)
        {
            if (Refusal is not null)
            {
                _ended = true;
                _labels.Clear();
                return null;
            }

            if (_policy is null && _labels.Count == 0)
            {
                _sending = false;
                return null;
            }

            var labels = ImmutableArray.CreateBuilder<LabelUpdate>(Math.Min(_labels.Count, LabelsPerCallMax));
            foreach (var (node, update) in _labels)
            {
                // Removing while enumerating is allowed for dictionaries, and spares a copy of 100,000 names.
                _labels.Remove(node);
                labels.Add(update);
                if (labels.Count == LabelsPerCallMax)
                {
                    break;
                }
            }

            var news = new AgentNews(_policy, labels.DrainToImmutable());
            _policy = null;
            return news;
        }
    }
}
