namespace Osmo.Agent;

/// <summary>
/// Pods of which the service is yet to be told something: on one channel statuses and why they wait, on another their conditions. Those
/// that are gone are kept until both are told, but never too many. Not safe for several threads.
/// </summary>
internal sealed class PodsToTell
{
    /// <summary>Most pods that are gone and wait for the service to be told.</summary>
    public const int GoneMax = 10_000;

    private readonly PodQueue _reports = new();
    private readonly PodQueue _conditions = new();
    private readonly PodQueue _gone = new();

    public void Add(WorkflowPod pod)
    {
        if (pod.HasReports)
        {
            _reports.Add(pod);
        }
    }

    public void AddConditions(WorkflowPod pod)
    {
        if (!pod.State.Conditions.IsEmpty)
        {
            _conditions.Add(pod);
        }
    }

    /// <summary>The pod does not exist any more; the one that is forgotten for its sake, or null.</summary>
    public WorkflowPod? Keep(WorkflowPod gone)
    {
        if (IsDone(gone))
        {
            return null;
        }

        _gone.Add(gone);
        if (_gone.Count <= GoneMax || _gone.First is not { } oldest)
        {
            return null;
        }

        _gone.Remove(oldest);
        _reports.Remove(oldest);
        _conditions.Remove(oldest);
        return oldest;
    }

    /// <summary>Takes the next <see cref="TaskReport"/> or <see cref="WaitingReport"/>; null where there is none.</summary>
    public object? TakeReport()
    {
        while (_reports.First is { } pod)
        {
            object? report = (object?)pod.TakeReport() ?? pod.TakeText();
            if (!pod.HasReports)
            {
                _reports.Remove(pod);
                Forget(pod);
            }

            if (report is not null)
            {
                return report;
            }
        }

        return null;
    }

    /// <summary>Takes the next conditions, those of now; null where there are none.</summary>
    public ConditionsReport? TakeConditions()
    {
        if (_conditions.First is not { } pod)
        {
            return null;
        }

        _conditions.Remove(pod);
        Forget(pod);
        return new ConditionsReport(pod.Task, pod.State.Conditions);
    }

    private void Forget(WorkflowPod pod)
    {
        if (IsDone(pod))
        {
            _gone.Remove(pod);
        }
    }

    private bool IsDone(WorkflowPod pod) => !_reports.Contains(pod) && !_conditions.Contains(pod);
}
