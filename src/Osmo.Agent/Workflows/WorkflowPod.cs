using System.Collections.Immutable;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>What the service is to be told of a task.</summary>
internal sealed record TaskReport(
    TaskKey Task, TaskDecision Decision, string Container, string Node, string Ip, ImmutableArray<PodCondition> Conditions);

/// <summary>Why a task still waits.</summary>
internal sealed record WaitingReport(TaskKey Task, string Text);

/// <summary>The conditions of a task's pod.</summary>
internal sealed record ConditionsReport(TaskKey Task, ImmutableArray<PodCondition> Conditions);

/// <summary>A task's pod, and what was told of it.</summary>
internal sealed class WorkflowPod(PodProjection pod, WorkflowPodState state, TaskKey task)
{
    // More statuses than a pod goes through; one that goes to and fro while the service is away must not pile them up.
    private const int StatusesWaitingMax = 8;

    private readonly List<TaskReport> _waiting = [];
    private string? _text;
    private string? _toldText;

    public PodProjection Pod { get; private set; } = pod;

    public WorkflowPodState State { get; private set; } = state;

    public TaskKey Task { get; private set; } = task;

    /// <summary>The last status that was told, or waits to be; null for none.</summary>
    public string? LastStatus { get; private set; }

    /// <summary>When that was.</summary>
    public long LastAt { get; private set; }

    /// <summary>It had its final status, after which there is none.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>When its deletion was first seen to be asked for; null where it is not.</summary>
    public long? DeletionSeenAt { get; set; }

    /// <summary>What an event said of it last, where that tells why it waits; and when that was.</summary>
    public (string Text, DateTimeOffset At) Note { get; set; } = ("", DateTimeOffset.MinValue);

    public bool HasReports => _waiting.Count > 0 || (_text is not null && _text != _toldText);

    public void Take(PodProjection pod, WorkflowPodState state, TaskKey task) => (Pod, State, Task) = (pod, state, task);

    /// <summary>Has a status that need not be told.</summary>
    public void Skip(TaskDecision decision, long now)
    {
        (LastStatus, LastAt) = (decision.Status, now);
        IsFinished |= decision.IsFinal;
    }

    /// <summary>Has a status that is to be told.</summary>
    public void Report(TaskDecision decision, string message, long now)
    {
        Skip(decision, now);
        TaskReport report = new(
            Task,
            decision with { Message = message },
            decision.Container.Length > 0 ? decision.Container : State.FirstContainer,
            Pod.Node,
            State.Ip,
            State.Conditions);
        if (_waiting.Count > 0 && _waiting[^1].Decision.Status == decision.Status)
        {
            _waiting[^1] = report;
            return;
        }

        if (_waiting.Count == StatusesWaitingMax)
        {
            _waiting.RemoveAt(0);
        }

        _waiting.Add(report);
    }

    /// <summary>Why it waits; null where it does not.</summary>
    public void Explain(string? text) => _text = text;

    public TaskReport? TakeReport()
    {
        if (_waiting.Count == 0)
        {
            return null;
        }

        TaskReport first = _waiting[0];
        _waiting.RemoveAt(0);
        return first;
    }

    public WaitingReport? TakeText()
    {
        if (_text is not { } text || text == _toldText)
        {
            return null;
        }

        _toldText = text;
        return new WaitingReport(Task, text);
    }
}
