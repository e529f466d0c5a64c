namespace Osmo.Agent;

/// <summary>Statuses of OSMO's tasks that the state of a pod can lead to, as OSMO's user guide names them.</summary>
internal static class WorkflowTaskStatus
{
    /// <summary>No node has been found yet.</summary>
    public const string Scheduling = "SCHEDULING";

    /// <summary>A node prepares it: images, volumes, init containers.</summary>
    public const string Initializing = "INITIALIZING";

    public const string Running = "RUNNING";

    public const string Completed = "COMPLETED";

    /// <summary>A container ended with another exit code than 0.</summary>
    public const string Failed = "FAILED";

    public const string FailedImagePull = "FAILED_IMAGE_PULL";

    public const string FailedStartError = "FAILED_START_ERROR";

    public const string FailedEvicted = "FAILED_EVICTED";

    public const string FailedPreempted = "FAILED_PREEMPTED";

    /// <summary>The cluster lost it: its node, or the pod itself.</summary>
    public const string FailedBackendError = "FAILED_BACKEND_ERROR";

    public const string FailedExecTimeout = "FAILED_EXEC_TIMEOUT";
}

/// <summary>Exit codes above those of programs, which OSMO's user guide reserves for what befalls a task from outside.</summary>
internal static class WorkflowExitCode
{
    public const int BackendError = 3001;
    public const int StartError = 3003;
    public const int Evicted = 3004;
    public const int Preempted = 3006;
}

/// <summary>What the state of a pod means for its task.</summary>
/// <param name="Status">One of <see cref="WorkflowTaskStatus"/>.</param>
/// <param name="Container">The container that decided it; empty where none did.</param>
/// <param name="ExitCode">The task's exit code; null while there is none.</param>
/// <param name="Message">Why, for people; may be empty.</param>
/// <param name="IsFinal">Nothing follows.</param>
internal sealed record TaskDecision(string Status, string Container, int? ExitCode, string Message, bool IsFinal)
{
    public static TaskDecision Unfinished(string status) => new(status, "", null, "", IsFinal: false);

    public static TaskDecision Final(string status, int? exitCode, string message, string container = "") =>
        new(status, container, exitCode, message, IsFinal: true);
}
