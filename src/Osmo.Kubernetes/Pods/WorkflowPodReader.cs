using System.Collections.Immutable;
using System.Globalization;

namespace Osmo.Kubernetes;

/// <summary>
/// Reads what is kept of workflows' pods only. Whether a pod is one is known by its labels, so its status, which is most of the work, is
/// read when the labels have been seen, and of other pods never.
/// </summary>
internal ref struct WorkflowPodReader
{
    private string _workflow = "";
    private string _task = "";
    private string _retry = "";
    private string? _firstContainer;
    private bool _isBeingDeleted;
    private int _graceSeconds;
    private JsonCursor _status;
    private bool _hasStatus;

    public WorkflowPodReader()
    {
    }

    /// <summary>Reads the member of the metadata if it is one that counts.</summary>
    public bool TryReadMetadata(scoped ReadOnlySpan<byte> name, ref JsonCursor cursor)
    {
        if (name.SequenceEqual("labels"u8))
        {
            ReadLabels(ref cursor);
        }
        else if (name.SequenceEqual("deletionTimestamp"u8))
        {
            _isBeingDeleted = JsonMembers.Text(ref cursor).Length > 0;
        }
        else if (name.SequenceEqual("deletionGracePeriodSeconds"u8))
        {
            _graceSeconds = Math.Max(0, Number(ref cursor) ?? 0);
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>Reads the member of a container if it is one that counts.</summary>
    public bool TryReadContainer(scoped ReadOnlySpan<byte> name, ref JsonCursor cursor)
    {
        if (_firstContainer is not null || !name.SequenceEqual("name"u8))
        {
            return false;
        }

        _firstContainer = JsonMembers.Short(ref cursor);
        return true;
    }

    /// <summary>Keeps where the status begins.</summary>
    public void HoldStatus(JsonCursor status)
    {
        _status = status;
        _hasStatus = true;
    }

    /// <summary>What there is, now that all of the pod was seen; null where it is no workflow's.</summary>
    /// <exception cref="JsonFormatException">It cannot be read.</exception>
    public WorkflowPodState? Read()
    {
        if (_workflow.Length == 0 || _task.Length == 0)
        {
            return null;
        }

        WorkflowPodState state = new()
        {
            WorkflowUuid = _workflow,
            TaskUuid = _task,
            RetryId = _retry,
            FirstContainer = _firstContainer ?? "",
            IsBeingDeleted = _isBeingDeleted,
            DeletionGraceSeconds = _graceSeconds,
        };
        return _hasStatus ? ReadStatus(ref _status, state) : state;
    }

    private void ReadLabels(ref JsonCursor cursor)
    {
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> label))
        {
            if (label.SequenceEqual("osmo.workflow_uuid"u8))
            {
                _workflow = JsonMembers.Text(ref cursor);
            }
            else if (label.SequenceEqual("osmo.task_uuid"u8))
            {
                _task = JsonMembers.Text(ref cursor);
            }
            else if (label.SequenceEqual("osmo.retry_id"u8))
            {
                _retry = JsonMembers.Text(ref cursor);
            }
            else
            {
                cursor.Skip();
            }
        }
    }

    private static WorkflowPodState ReadStatus(ref JsonCursor cursor, WorkflowPodState state)
    {
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("reason"u8))
            {
                state = state with { Reason = JsonMembers.Short(ref cursor) };
            }
            else if (name.SequenceEqual("message"u8))
            {
                state = state with { Message = JsonMembers.Short(ref cursor) };
            }
            else if (name.SequenceEqual("podIP"u8))
            {
                state = state with { Ip = JsonMembers.Short(ref cursor) };
            }
            else if (name.SequenceEqual("containerStatuses"u8))
            {
                state = state with { Containers = ReadContainers(ref cursor) };
            }
            else if (name.SequenceEqual("initContainerStatuses"u8))
            {
                state = state with { InitContainers = ReadContainers(ref cursor) };
            }
            else if (name.SequenceEqual("conditions"u8))
            {
                state = state with { Conditions = ReadConditions(ref cursor) };
            }
            else
            {
                cursor.Skip();
            }
        }

        return state;
    }

    private static ImmutableArray<PodContainer> ReadContainers(ref JsonCursor cursor)
    {
        ImmutableArray<PodContainer>.Builder containers = ImmutableArray.CreateBuilder<PodContainer>();
        bool firstContainer = true;
        while (JsonMembers.NextElement(ref cursor, ref firstContainer))
        {
            PodContainer container = new("", PodContainerPhase.Unknown, "", "", null);
            bool first = true;
            while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
            {
                if (name.SequenceEqual("name"u8))
                {
                    container = container with { Name = JsonMembers.Short(ref cursor) };
                }
                else if (name.SequenceEqual("state"u8))
                {
                    container = ReadState(ref cursor, container);
                }
                else
                {
                    cursor.Skip();
                }
            }

            containers.Add(container);
        }

        return containers.ToImmutable();
    }

    private static PodContainer ReadState(ref JsonCursor cursor, PodContainer container)
    {
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            PodContainerPhase phase = name.SequenceEqual("waiting"u8) ? PodContainerPhase.Waiting
                : name.SequenceEqual("running"u8) ? PodContainerPhase.Running
                : name.SequenceEqual("terminated"u8) ? PodContainerPhase.Terminated
                : PodContainerPhase.Unknown;
            if (phase == PodContainerPhase.Unknown || cursor.Peek() != (byte)'{')
            {
                cursor.Skip();
                continue;
            }

            container = ReadStateDetails(ref cursor, container with { Phase = phase });
        }

        return container;
    }

    private static PodContainer ReadStateDetails(ref JsonCursor cursor, PodContainer container)
    {
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("reason"u8))
            {
                container = container with { Reason = JsonMembers.Short(ref cursor) };
            }
            else if (name.SequenceEqual("message"u8))
            {
                container = container with { Message = JsonMembers.Short(ref cursor) };
            }
            else if (name.SequenceEqual("exitCode"u8))
            {
                container = container with { ExitCode = Number(ref cursor) };
            }
            else
            {
                cursor.Skip();
            }
        }

        return container;
    }

    private static ImmutableArray<PodCondition> ReadConditions(ref JsonCursor cursor)
    {
        ImmutableArray<PodCondition>.Builder conditions = ImmutableArray.CreateBuilder<PodCondition>();
        bool firstCondition = true;
        while (JsonMembers.NextElement(ref cursor, ref firstCondition))
        {
            PodCondition condition = new("", "", "", "", null);
            bool first = true;
            while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
            {
                condition = name switch
                {
                    _ when name.SequenceEqual("type"u8) => condition with { Type = JsonMembers.Short(ref cursor) },
                    _ when name.SequenceEqual("status"u8) => condition with { Status = JsonMembers.Short(ref cursor) },
                    _ when name.SequenceEqual("reason"u8) => condition with { Reason = JsonMembers.Short(ref cursor) },
                    _ when name.SequenceEqual("message"u8) => condition with { Message = JsonMembers.Short(ref cursor) },
                    _ when name.SequenceEqual("lastTransitionTime"u8) => condition with { Since = JsonTimes.Read(ref cursor) },
                    _ => Passed(ref cursor, condition),
                };
            }

            conditions.Add(condition);
        }

        return conditions.ToImmutable();
    }

    private static PodCondition Passed(ref JsonCursor cursor, PodCondition condition)
    {
        cursor.Skip();
        return condition;
    }

    private static int? Number(ref JsonCursor cursor) =>
        int.TryParse(JsonMembers.Text(ref cursor), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;
}
