using Microsoft.Extensions.Logging;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// The workflows' pods of one namespace, and what of them the service is yet to be told: each status once, in order, at most one final
/// one. Safe for several threads.
/// </summary>
internal sealed class WorkflowPods : IPodSink
{
    /// <summary>How many statuses are remembered beyond the lives of their pods, and sets of conditions.</summary>
    public const int RememberedMax = 1024;

    /// <summary>After this time the same is told again when the pod changes.</summary>
    public static readonly TimeSpan RememberedFor = TimeSpan.FromMinutes(15);

    /// <summary>How long after its time the deletion of a pod may go on before its node counts as lost.</summary>
    public static readonly TimeSpan DeletionMargin = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _listed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _namespace;
    private readonly Action _changed;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Dictionary<string, WorkflowPod> _pods = new(StringComparer.Ordinal);
    private readonly PodsToTell _toTell = new();
    private readonly HashSet<WorkflowPod> _deleting = [];
    private readonly BoundedMemory<(TaskKey Task, string Status), bool> _statuses;
    private readonly BoundedMemory<string, bool> _goneNames;
    private readonly BoundedMemory<string, bool> _complaints;

    /// <param name="ns">The namespace that workflows run in.</param>
    /// <param name="changed">Called when there is something to take.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Where to log to.</param>
    public WorkflowPods(string ns, Action changed, TimeProvider time, ILogger logger)
    {
        (_namespace, _changed, _time, _logger) = (ns, changed, time, logger);
        _statuses = new BoundedMemory<(TaskKey Task, string Status), bool>(RememberedMax, RememberedFor, time);
        _goneNames = new BoundedMemory<string, bool>(RememberedMax, RememberedFor, time);
        _complaints = new BoundedMemory<string, bool>(RememberedMax, null, time);
    }

    /// <summary>Called with the name of a pod that has become known, outside all locks.</summary>
    public Action<string>? Appeared { get; set; }

    /// <summary>Completes when all pods have been listed once.</summary>
    public Task Listed => _listed.Task;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _pods.Count;
            }
        }
    }

    public void Replace(IReadOnlyList<PodProjection> pods)
    {
        List<string> appeared = [];
        lock (_lock)
        {
            HashSet<string> names = new(StringComparer.Ordinal);
            foreach (PodProjection pod in pods)
            {
                if (pod.Namespace == _namespace)
                {
                    names.Add(pod.Name);
                    Set(pod, appeared);
                }
            }

            foreach (WorkflowPod vanished in _pods.Values.Where(pod => !names.Contains(pod.Pod.Name)).ToList())
            {
                End(vanished);
            }
        }

        Announce(appeared);
        _listed.TrySetResult();
    }

    public void Upsert(PodProjection pod)
    {
        if (pod.Namespace != _namespace)
        {
            return;
        }

        List<string> appeared = [];
        lock (_lock)
        {
            Set(pod, appeared);
        }

        Announce(appeared);
    }

    public void Delete(PodProjection pod)
    {
        lock (_lock)
        {
            if (pod.Namespace != _namespace || !_pods.TryGetValue(pod.Name, out WorkflowPod? known) || known.Pod.Uid != pod.Uid)
            {
                return;
            }

            if (pod.Workflow is { } last)
            {
                known.Take(pod, last, known.Task);
            }

            End(known);
        }

        _changed();
    }

    /// <summary>Whether the name is that of a workflow's pod, or was a while ago.</summary>
    public bool Knows(string name)
    {
        lock (_lock)
        {
            return _pods.ContainsKey(name) || _goneNames.TryGet(name, out _);
        }
    }

    /// <summary>Takes what an event tells of why a pod waits; empty where it tells that it waits for that no more.</summary>
    public void Note(string name, string text, DateTimeOffset at)
    {
        lock (_lock)
        {
            if (!_pods.TryGetValue(name, out WorkflowPod? pod) || at < pod.Note.At)
            {
                return;
            }

            pod.Note = (text, at);
            if (!pod.IsFinished)
            {
                Consider(pod, TaskStatusRules.Of(pod.Pod, pod.State), isNews: false);
            }
        }

        _changed();
    }

    /// <summary>Ends the wait for pods whose deletion nobody carries out.</summary>
    public void EndOverdue()
    {
        lock (_lock)
        {
            foreach (WorkflowPod pod in _deleting.Where(IsOverdue).ToList())
            {
                _deleting.Remove(pod);
                Consider(pod, TaskStatusRules.OfOverdue(pod.Pod, pod.State), isNews: true);
            }
        }
    }

    /// <summary>Takes the next thing to tell on the pod channel: a <see cref="TaskReport"/> or a <see cref="WaitingReport"/>.</summary>
    public object? TryTake()
    {
        lock (_lock)
        {
            return _toTell.TakeReport();
        }
    }

    /// <summary>Takes the next conditions that may have to be told.</summary>
    public ConditionsReport? TryTakeConditions()
    {
        lock (_lock)
        {
            return _toTell.TakeConditions();
        }
    }

    private void Set(PodProjection pod, List<string> appeared)
    {
        WorkflowPod? known = _pods.GetValueOrDefault(pod.Name);
        if (known is not null && known.Pod.Uid != pod.Uid)
        {
            End(known);
            known = null;
        }

        if (pod.Workflow is not { } state)
        {
            return;
        }

        if (TaskKey.Read(state, out TaskKey task) is { } problem)
        {
            Complain(pod, problem);
            return;
        }

        // What it requests is another table's.
        pod = pod with { Requests = [] };
        if (known is null)
        {
            known = new WorkflowPod(pod, state, task);
            _pods.Add(pod.Name, known);
            appeared.Add(pod.Name);
        }
        else
        {
            known.Take(pod, state, task);
        }

        if (state.IsBeingDeleted && !known.IsFinished && known.DeletionSeenAt is null)
        {
            known.DeletionSeenAt = _time.GetTimestamp();
            _deleting.Add(known);
        }

        Consider(known, TaskStatusRules.Of(pod, state), isNews: true);
        _toTell.AddConditions(known);
    }

    private void End(WorkflowPod pod)
    {
        _pods.Remove(pod.Pod.Name);
        _goneNames.Set(pod.Pod.Name, true);
        Consider(pod, TaskStatusRules.OfGone(pod.Pod, pod.State), isNews: true);
        _toTell.AddConditions(pod);
        if (_toTell.Keep(pod) is { } forgotten)
        {
            WorkflowLog.EndForgotten(_logger, PodsToTell.GoneMax, forgotten.Pod.Name);
        }
    }

    private void Consider(WorkflowPod pod, TaskDecision decision, bool isNews)
    {
        if (pod.IsFinished)
        {
            return;
        }

        string? text = decision.IsFinal || decision.Status == WorkflowTaskStatus.Running
            ? null
            : WaitingText.Of(pod.Pod, pod.State, pod.Note.Text);
        if (isNews)
        {
            long now = _time.GetTimestamp();
            if (IsToBeTold(pod, decision))
            {
                _statuses.Set((pod.Task, decision.Status), true);
                pod.Report(decision, decision.Message.Length > 0 ? decision.Message : text ?? "", now);
                WorkflowLog.Decided(_logger, pod.Pod.Name, decision.Status, decision.Message);
            }
            else if (pod.LastStatus != decision.Status)
            {
                pod.Skip(decision, now);
            }
        }

        if (pod.IsFinished)
        {
            _deleting.Remove(pod);
        }

        pod.Explain(text);
        _toTell.Add(pod);
    }

    /// <summary>
    /// What this pod's task was told by another pod before need not be told again, but where a status comes back the service has to know.
    /// </summary>
    private bool IsToBeTold(WorkflowPod pod, TaskDecision decision)
    {
        if (pod.LastStatus == decision.Status)
        {
            return _time.GetElapsedTime(pod.LastAt) >= RememberedFor;
        }

        return (pod.LastStatus is not null && !decision.IsFinal) || !_statuses.TryGet((pod.Task, decision.Status), out _);
    }

    private bool IsOverdue(WorkflowPod pod) =>
        pod.DeletionSeenAt is { } since
        && _time.GetElapsedTime(since) >= TimeSpan.FromSeconds(pod.State.DeletionGraceSeconds) + DeletionMargin;

    private void Complain(PodProjection pod, string problem)
    {
        string key = $"{pod.Name} {pod.Uid}";
        if (!_complaints.TryGet(key, out _))
        {
            _complaints.Set(key, true);
            WorkflowLog.PodUnusable(_logger, pod.Name, problem);
        }
    }

    private void Announce(List<string> appeared)
    {
        foreach (string name in appeared)
        {
            Appeared?.Invoke(name);
        }

        _changed();
    }
}
