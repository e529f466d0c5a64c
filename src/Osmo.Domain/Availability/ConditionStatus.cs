namespace Osmo.Domain.Availability;

/// <summary>The three statuses that Kubernetes defines for a condition.</summary>
public static class ConditionStatus
{
    /// <summary>The condition holds.</summary>
    public const string True = "True";

    /// <summary>The condition does not hold.</summary>
    public const string False = "False";

    /// <summary>Nobody can say: it fails every requirement.</summary>
    public const string Unknown = "Unknown";
}
