using Microsoft.Extensions.Logging;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// Events about workflows' pods that the service is yet to be told of: of one type, reason and object only what is newer than the last.
/// Pods and events come by different watches, so an event may come before its pod is known: it is kept for a while. Safe for several
/// threads.
/// </summary>
internal sealed class PodEvents : IEventSink
{
    /// <summary>How many types, reasons and objects are remembered, and events about pods that are not known.</summary>
    public const int RememberedMax = 1024;

    /// <summary>Most events that wait for the service.</summary>
    public const int WaitingMax = 1_000;

    // What tells why a pod waits, and what tells that the last of these is over.
    private static readonly HashSet<string> Waits = new(StringComparer.Ordinal)
    {
        "Pulling", "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "FailedScheduling", "NetworkNotReady", "BackOff",
        "Failed",
    };

    private static readonly HashSet<string> GoesOn = new(StringComparer.Ordinal)
    {
        "Pulled", "Created", "Started", "Scheduled", "SuccessfulAttachVolume",
    };

    private readonly Lock _lock = new();
    private readonly WorkflowPods _pods;
    private readonly Action _changed;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly BoundedMemory<(string Type, string Reason, string Name, string Uid), DateTimeOffset> _last;
    private readonly LinkedList<EventProjection> _unknown = new();
    private readonly Queue<(EventProjection Entry, DateTimeOffset At)> _waiting = new();
    private bool _hasForgotten;

    /// <param name="pods">The pods that count.</param>
    /// <param name="changed">Called when there is something to take.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Where to log to.</param>
    public PodEvents(WorkflowPods pods, Action changed, TimeProvider time, ILogger logger)
    {
        (_pods, _changed, _time, _logger) = (pods, changed, time, logger);
        _last = new BoundedMemory<(string Type, string Reason, string Name, string Uid), DateTimeOffset>(RememberedMax, null, time);
        pods.Appeared = OnAppeared;
    }

    public void Happened(EventProjection entry)
    {
        if (entry.ObjectKind != "Pod")
        {
            return;
        }

        lock (_lock)
        {
            if (!_pods.Knows(entry.ObjectName))
            {
                Hold(entry);
                return;
            }

            Take(entry);
        }

        _changed();
    }

    /// <summary>Takes the next event to tell.</summary>
    public bool TryTake(out EventProjection entry, out DateTimeOffset at)
    {
        lock (_lock)
        {
            bool hasOne = _waiting.TryDequeue(out (EventProjection Entry, DateTimeOffset At) next);
            _hasForgotten &= hasOne;
            (entry, at) = next;
            return hasOne;
        }
    }

    private void OnAppeared(string name)
    {
        lock (_lock)
        {
            LinkedListNode<EventProjection>? node = _unknown.First;
            while (node is not null)
            {
                LinkedListNode<EventProjection>? next = node.Next;
                if (node.Value.ObjectName == name)
                {
                    _unknown.Remove(node);
                    Take(node.Value);
                }

                node = next;
            }
        }

        _changed();
    }

    private void Hold(EventProjection entry)
    {
        _unknown.AddLast(entry);
        if (_unknown.Count > RememberedMax)
        {
            _unknown.RemoveFirst();
        }
    }

    private void Take(EventProjection entry)
    {
        (string, string, string, string) key = (entry.Type, entry.Reason, entry.ObjectName, entry.ObjectUid);
        bool isKnown = _last.TryGet(key, out DateTimeOffset last);
        DateTimeOffset at = entry.Time ?? (isKnown ? last : _time.GetUtcNow());
        if (isKnown && at <= last)
        {
            return;
        }

        _last.Set(key, at);
        _waiting.Enqueue((entry, at));
        if (_waiting.Count > WaitingMax)
        {
            _waiting.Dequeue();
            if (!_hasForgotten)
            {
                _hasForgotten = true;
                WorkflowLog.EventsForgotten(_logger, WaitingMax);
            }
        }

        if (Waits.Contains(entry.Reason) || GoesOn.Contains(entry.Reason))
        {
            _pods.Note(entry.ObjectName, Waits.Contains(entry.Reason) ? entry.Message : "", at);
        }
    }
}
