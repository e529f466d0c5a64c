using System.Collections.Immutable;

namespace Osmo.Domain.Backends;

/// <summary>With which Kubernetes scheduler the workflows of a backend are submitted.</summary>
/// <param name="SchedulerType">One of <see cref="Types"/>.</param>
/// <param name="SchedulerName">The value for a pod's <c>spec.schedulerName</c>.</param>
/// <param name="Coscheduling">Whether the pods of a group are scheduled together or not at all.</param>
/// <param name="SchedulerTimeout">How long a submission may wait to be scheduled, in seconds.</param>
public sealed record SchedulerSettings(string SchedulerType, string SchedulerName, bool Coscheduling, int SchedulerTimeout)
{
    /// <summary>Kubernetes' own scheduler, as the registration guide names it.</summary>
    public const string DefaultScheduler = "default-scheduler";

    /// <summary>The types that are known. <c>default</c> and <c>default-scheduler</c> mean the same.</summary>
    public static ImmutableArray<string> Types { get; } = ["default", DefaultScheduler, "scheduler-plugins", "volcano", "kai"];

    /// <summary>The types whose scheduler can place a group of pods together.</summary>
    public static ImmutableArray<string> CoschedulingTypes { get; } = ["scheduler-plugins", "volcano", "kai"];

    /// <summary>The settings of a backend that configures none.</summary>
    public static SchedulerSettings Default { get; } = new(DefaultScheduler, DefaultScheduler, false, 30);
}
