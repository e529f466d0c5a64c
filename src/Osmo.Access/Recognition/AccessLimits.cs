namespace Osmo.Access.Recognition;

/// <summary>Bounds of what callers may do.</summary>
public sealed record AccessLimits
{
    /// <summary>Most characters of a credential.</summary>
    public const int CredentialCharsMax = 16 * 1024;

    /// <summary>How many seconds' worth of requests may come at once.</summary>
    public const double BurstSeconds = 5;

    /// <summary>What the holder of an expired token is told.</summary>
    public const string Expired = "Access Token has expired";

    /// <summary>Requests per second of each token, on average, at each gateway.</summary>
    public double RequestsPerSecond { get; init; } = 1_000;

    /// <summary>Most days that a new token may last.</summary>
    public int TokenDaysMax { get; init; } = 365;
}
