namespace Osmo.Kubernetes;

/// <summary>What a reflector has been through, for health checks and metrics.</summary>
public sealed record ReflectorState
{
    /// <summary>A first list has been handed over.</summary>
    public bool IsSynced { get; init; }

    /// <summary>When the last list was complete.</summary>
    public DateTimeOffset? LastSyncAt { get; init; }

    /// <summary>The version up to which everything has been handed over.</summary>
    public string LastResourceVersion { get; init; } = "";

    /// <summary>Failures since something last went well.</summary>
    public int ConsecutiveFailures { get; init; }

    /// <summary>The last failure; stays after it is overcome.</summary>
    public string? LastError { get; init; }

    /// <summary>What kind of failure it was.</summary>
    public KubernetesFailure? LastFailure { get; init; }

    /// <summary>Nodes known now.</summary>
    public int Nodes { get; init; }

    /// <summary>Complete lists so far, streamed ones included.</summary>
    public long Lists { get; init; }

    /// <summary>Lists that came as the beginning of a watch.</summary>
    public long StreamedLists { get; init; }

    /// <summary>Watches begun so far.</summary>
    public long Watches { get; init; }

    /// <summary>Events handed to the sink.</summary>
    public long EventsApplied { get; init; }

    /// <summary>Events dropped because nothing that matters changed.</summary>
    public long EventsUnchanged { get; init; }

    /// <summary>Bookmarks.</summary>
    public long Bookmarks { get; init; }

    /// <summary>Nodes that could not be projected, counted each time one was met.</summary>
    public long MalformedNodes { get; init; }

    /// <summary>Lines that were garbage, cut or too long.</summary>
    public long BrokenLines { get; init; }

    /// <summary>Expired versions (410).</summary>
    public long Expired { get; init; }

    /// <summary>Nodes found different by consistency checks.</summary>
    public long Inconsistencies { get; init; }
}
