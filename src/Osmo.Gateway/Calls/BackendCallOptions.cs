namespace Osmo.Gateway.Calls;

/// <summary>How patient calls to backends are, and how many of them go on at a time.</summary>
public sealed record BackendCallOptions
{
    /// <summary>How long a call is tried in all.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most calls under way from this process for one backend: a slow one takes these, and no more of what others need.</summary>
    public int CallsPerBackendMax { get; init; } = 256;

    /// <summary>The first pause before a call is tried again; it doubles up to <see cref="RetryPauseMax"/>, with jitter.</summary>
    public TimeSpan RetryPauseFirst { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest pause before a call is tried again.</summary>
    public TimeSpan RetryPauseMax { get; init; } = TimeSpan.FromMilliseconds(200);
}
