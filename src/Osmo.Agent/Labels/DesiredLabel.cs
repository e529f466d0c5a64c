namespace Osmo.Agent;

/// <summary>The label that a node should get. Guarded by the lock of the <see cref="DesiredLabels"/>.</summary>
internal sealed class DesiredLabel(string node)
{
    public string Node => node;

    public string Uid { get; set; } = "";

    public bool Available { get; set; }

    /// <summary>False when nobody wants it any more; it stays only until the patch in flight has ended.</summary>
    public bool IsWanted { get; set; }

    /// <summary>Counts what was asked for, so that a patch can tell whether its value is still the latest.</summary>
    public long Version { get; set; }

    public LabelStage Stage { get; set; }

    /// <summary>In which queue it waits, while it is ready.</summary>
    public bool IsAmongGoodNews { get; set; }

    /// <summary>Failed tries of this value in a row.</summary>
    public int Failures { get; set; }

    /// <summary>The failure that was reported last.</summary>
    public string? ReportedError { get; set; }
}

/// <summary>Where a desired label is.</summary>
internal enum LabelStage
{
    /// <summary>Nothing is done with it.</summary>
    Idle,

    /// <summary>It waits for a worker.</summary>
    Ready,

    /// <summary>A worker has it.</summary>
    Busy,

    /// <summary>It waits for its next try.</summary>
    Delayed,
}
