using System.Text.Json.Nodes;

namespace Osmo.Testing.Kubernetes;

/// <summary>
/// A task's pod as an API server writes it, step by step through its life: an init container, the program, and the one that looks after
/// it. Every step returns the pod itself.
/// </summary>
public sealed class PodJson
{
    /// <summary>The program's container.</summary>
    public const string Main = "main";

    /// <summary>The container that looks after the program.</summary>
    public const string Control = "osmo-ctrl";

    /// <summary>The container that runs first.</summary>
    public const string Init = "osmo-init";

    private const string Image = "nvcr.io/nvidia/example:1.0";
    private const string Started = "2026-11-21T18:33:21Z";

    private readonly JsonObject _status = new() { ["phase"] = "Pending", ["qosClass"] = "Burstable" };

    /// <summary>A pod that no scheduler has looked at yet.</summary>
    /// <param name="name">Its name; workflow and task are named after it.</param>
    /// <param name="retry">The label osmo.retry_id; null for none.</param>
    /// <param name="ns">Its namespace.</param>
    /// <param name="uid">Its uid; one of its own when null.</param>
    public PodJson(string name, string? retry = "0", string ns = "osmo-wf", string? uid = null)
    {
        Name = name;
        JsonObject labels = new()
        {
            ["osmo.workflow_uuid"] = $"workflow-of-{name}",
            ["osmo.task_uuid"] = $"task-of-{name}",
        };
        if (retry is not null)
        {
            labels["osmo.retry_id"] = retry;
        }

        Json = new JsonObject
        {
            ["kind"] = "Pod",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = ns,
                ["uid"] = uid ?? Guid.NewGuid().ToString(),
                ["resourceVersion"] = "1",
                ["creationTimestamp"] = "2026-11-21T18:33:20Z",
                ["labels"] = labels,
                ["managedFields"] = new JsonArray(new JsonObject
                {
                    ["manager"] = "kubelet",
                    ["operation"] = "Update",
                    ["apiVersion"] = "v1",
                    ["fieldsType"] = "FieldsV1",
                    ["fieldsV1"] = new JsonObject { ["f:status"] = new JsonObject { ["f:phase"] = new JsonObject() } },
                    ["subresource"] = "status",
                }),
            },
            ["spec"] = new JsonObject
            {
                ["initContainers"] = new JsonArray(Container(Init)),
                ["containers"] = new JsonArray(Container(Main), Container(Control)),
                ["restartPolicy"] = "Never",
                ["terminationGracePeriodSeconds"] = 30,
                ["schedulerName"] = "default-scheduler",
            },
            ["status"] = _status,
        };
    }

    public string Name { get; }

    /// <summary>The whole pod.</summary>
    public JsonObject Json { get; }

    /// <summary>No node has room.</summary>
    public PodJson Unschedulable(string message = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.") =>
        Condition("PodScheduled", "False", "Unschedulable", message);

    /// <summary>A node was found, which begins to prepare the containers.</summary>
    public PodJson Scheduled(string node = "node-0")
    {
        Json["spec"]!["nodeName"] = node;
        Condition("PodScheduled", "True");
        Condition("Initialized", "False", "ContainersNotInitialized", $"containers with incomplete status: [{Init}]");
        Containers(State(Init, Waiting("PodInitializing")), State(Main, Waiting("PodInitializing")),
            State(Control, Waiting("PodInitializing")));
        return this;
    }

    /// <summary>Everything runs.</summary>
    public PodJson Running(string ip = "10.244.1.7")
    {
        _status["phase"] = "Running";
        _status["podIP"] = ip;
        _status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = ip });
        _status["hostIP"] = "10.0.0.1";
        _status["startTime"] = Started;
        Condition("Initialized", "True");
        Condition("Ready", "True");
        return Containers(State(Init, Terminated(0, "Completed")), State(Main, RunningState()), State(Control, RunningState()));
    }

    /// <summary>It has ended, with these exit codes.</summary>
    public PodJson Ended(int main, int control = 0, string? reason = null)
    {
        _status["phase"] = main == 0 && control == 0 ? "Succeeded" : "Failed";
        Condition("Ready", "False", "PodCompleted");
        return Containers(
            State(Init, Terminated(0, "Completed")),
            State(Main, Terminated(main, reason ?? (main == 0 ? "Completed" : "Error"))),
            State(Control, Terminated(control, control == 0 ? "Completed" : "Error")));
    }

    /// <summary>A container waits for a reason.</summary>
    public PodJson Waits(string container, string reason, string? message = null) => Set(container, Waiting(reason, message));

    /// <summary>A container has ended.</summary>
    public PodJson Ends(string container, int exitCode, string reason, string? message = null)
    {
        JsonObject state = Terminated(exitCode, reason);
        if (message is not null)
        {
            state["terminated"]!["message"] = message;
        }

        return Set(container, state);
    }

    /// <summary>The status' own phase, reason and message.</summary>
    public PodJson Phase(string phase, string? reason = null, string? message = null)
    {
        _status["phase"] = phase;
        _status.Remove("reason");
        _status.Remove("message");
        if (reason is not null)
        {
            _status["reason"] = reason;
        }

        if (message is not null)
        {
            _status["message"] = message;
        }

        return this;
    }

    /// <summary>Somebody has asked for its deletion.</summary>
    public PodJson BeingDeleted(int graceSeconds = 30)
    {
        Json["metadata"]!["deletionTimestamp"] = "2026-11-21T18:35:00Z";
        Json["metadata"]!["deletionGracePeriodSeconds"] = graceSeconds;
        return this;
    }

    public PodJson Condition(string type, string status, string? reason = null, string? message = null)
    {
        if (_status["conditions"] is not JsonArray conditions)
        {
            conditions = [];
            _status["conditions"] = conditions;
        }

        foreach (JsonNode? old in conditions.Where(condition => (string?)condition!["type"] == type).ToList())
        {
            conditions.Remove(old);
        }

        JsonObject added = new()
        {
            ["type"] = type,
            ["status"] = status,
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = Started,
        };
        if (reason is not null)
        {
            added["reason"] = reason;
        }

        if (message is not null)
        {
            added["message"] = message;
        }

        conditions.Add((JsonNode)added);
        return this;
    }

    /// <summary>An event about this pod.</summary>
    public JsonObject Event(
        string reason, string message, string time = "2026-11-21T18:34:00Z", string type = "Normal", int count = 1) => new()
        {
            ["metadata"] = new JsonObject { ["name"] = $"{Name}.{reason}", ["namespace"] = (string)Json["metadata"]!["namespace"]! },
            ["involvedObject"] = new JsonObject
            {
                ["kind"] = "Pod",
                ["namespace"] = (string)Json["metadata"]!["namespace"]!,
                ["name"] = Name,
                ["uid"] = (string)Json["metadata"]!["uid"]!,
                ["apiVersion"] = "v1",
                ["resourceVersion"] = "1",
            },
            ["reason"] = reason,
            ["message"] = message,
            ["source"] = new JsonObject { ["component"] = "kubelet", ["host"] = "node-0" },
            ["firstTimestamp"] = Started,
            ["lastTimestamp"] = time,
            ["count"] = count,
            ["type"] = type,
            ["eventTime"] = null,
            ["reportingComponent"] = "kubelet",
            ["reportingInstance"] = "node-0",
        };

    private PodJson Containers(JsonObject init, params JsonObject[] main)
    {
        _status["initContainerStatuses"] = new JsonArray(init);
        _status["containerStatuses"] = new JsonArray([.. main]);
        return this;
    }

    private PodJson Set(string container, JsonObject state)
    {
        string list = container == Init ? "initContainerStatuses" : "containerStatuses";
        JsonNode status = _status[list]!.AsArray().Single(entry => (string?)entry!["name"] == container)!;
        status["state"] = state;
        return this;
    }

    private static JsonObject Container(string name) => new()
    {
        ["name"] = name,
        ["image"] = Image,
        ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "1", ["memory"] = "1Gi" } },
        ["terminationMessagePath"] = "/dev/termination-log",
        ["imagePullPolicy"] = "IfNotPresent",
    };

    private static JsonObject State(string name, JsonObject state) => new()
    {
        ["name"] = name,
        ["state"] = state,
        ["lastState"] = new JsonObject(),
        ["ready"] = false,
        ["restartCount"] = 0,
        ["image"] = Image,
        ["imageID"] = "",
        ["started"] = false,
    };

    private static JsonObject Waiting(string reason, string? message = null)
    {
        JsonObject waiting = new() { ["reason"] = reason };
        if (message is not null)
        {
            waiting["message"] = message;
        }

        return new JsonObject { ["waiting"] = waiting };
    }

    private static JsonObject RunningState() => new() { ["running"] = new JsonObject { ["startedAt"] = Started } };

    private static JsonObject Terminated(int exitCode, string reason) => new()
    {
        ["terminated"] = new JsonObject
        {
            ["exitCode"] = exitCode,
            ["reason"] = reason,
            ["startedAt"] = Started,
            ["finishedAt"] = "2026-11-21T18:34:59Z",
            ["containerID"] = "containerd://0123456789abcdef",
        },
    };
}
