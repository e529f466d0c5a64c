namespace Osmo.Testing.Histories;

/// <summary>What clients of a <see cref="RecordedLoad"/> do.</summary>
public sealed record RecordedLoadOptions
{
    /// <summary>Seed of which client asks for what.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Clients at work at once.</summary>
    public int Clients { get; init; } = 16;

    /// <summary>The first backends, which get half of all operations, so that several clients are at one at a time.</summary>
    public int HotBackends { get; init; } = 4;

    /// <summary>
    /// Whether a request without an answer is repeated, at the next gateway, until it is answered or <see cref="OperationTimeMax"/> is
    /// over. A server has to know the repetition for what it is.
    /// </summary>
    public bool Repeats { get; init; } = true;

    /// <summary>How long a client waits for one answer.</summary>
    public TimeSpan AnswerTimeMax { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>After that much time an operation is not tried again.</summary>
    public TimeSpan OperationTimeMax { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>A client's pause after an operation: the machine has other things to do as well.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(40);
}
