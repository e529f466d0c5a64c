namespace Osmo.KubeSim.Objects;

/// <summary>metav1.Time on the wire: UTC, whole seconds, always 20 bytes.</summary>
internal static class Timestamp
{
    public const int Length = 20;

    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
