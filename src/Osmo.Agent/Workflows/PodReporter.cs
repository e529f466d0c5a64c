using System.Security.Cryptography;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// Hands what there is to tell of workflows' pods to their two channels, while those are up and have room. What does not fit waits where
/// it comes from.
/// </summary>
internal sealed class PodReporter(
    WorkflowPods pods,
    PodEvents events,
    ListenerOutbox podOutbox,
    ListenerOutbox eventOutbox,
    AsyncSignal podsChanged,
    AsyncSignal eventsChanged,
    string backend,
    TimeProvider time)
{
    // How often it is looked whether a deletion is overdue.
    private static readonly TimeSpan ClockInterval = TimeSpan.FromSeconds(1);

    private readonly BoundedMemory<string, bool> _conditions = new(WorkflowPods.RememberedMax, WorkflowPods.RememberedFor, time);

    /// <summary>Reports statuses until cancelled. One call at a time, each on a connection of its own.</summary>
    public async Task RunPodsAsync(CancellationToken cancellation)
    {
        using ITimer clock = time.CreateTimer(_ => podsChanged.Set(), null, ClockInterval, ClockInterval);
        while (true)
        {
            StepPods();
            await podsChanged.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Reports conditions and events until cancelled. One call at a time, each on a connection of its own.</summary>
    public async Task RunEventsAsync(CancellationToken cancellation)
    {
        while (true)
        {
            StepEvents();
            await eventsChanged.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Hands on what the pod channel has room for.</summary>
    public void StepPods()
    {
        pods.EndOverdue();
        while (podOutbox.Room > 0)
        {
            switch (pods.TryTake())
            {
                case TaskReport report:
                    podOutbox.Add("update_pod", PodMessages.Update(report, backend));
                    break;
                case WaitingReport waiting:
                    podOutbox.Add("monitor_pod", PodMessages.Waiting(waiting));
                    break;
                default:
                    return;
            }
        }
    }

    /// <summary>Hands on what the event channel has room for.</summary>
    public void StepEvents()
    {
        while (eventOutbox.Room > 0 && pods.TryTakeConditions() is { } report)
        {
            byte[] body = PodMessages.Conditions(report);
            string key = Convert.ToHexString(SHA256.HashData(body));
            if (!_conditions.TryGet(key, out _))
            {
                _conditions.Set(key, true);
                eventOutbox.Add("pod_conditions", body);
            }
        }

        while (eventOutbox.Room > 0 && events.TryTake(out EventProjection entry, out DateTimeOffset at))
        {
            eventOutbox.Add("pod_event", PodMessages.Event(entry, at));
        }
    }
}
