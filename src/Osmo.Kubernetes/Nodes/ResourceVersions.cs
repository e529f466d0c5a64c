using System.Globalization;

namespace Osmo.Kubernetes;

/// <summary>Compares resource versions. Kubernetes defines them as opaque; API servers write growing numbers.</summary>
public static class ResourceVersions
{
    /// <summary>Whether a version can be compared with others.</summary>
    public static bool IsComparable(string version) => TryParse(version, out _);

    /// <summary>Whether a version is certainly older than another; false where they cannot be compared.</summary>
    public static bool IsOlder(string version, string than) =>
        TryParse(version, out ulong left) && TryParse(than, out ulong right) && left < right;

    /// <summary>Whether a version is the same as or certainly older than another.</summary>
    public static bool IsOlderOrSame(string version, string than) => version == than || IsOlder(version, than);

    private static bool TryParse(string version, out ulong value) =>
        ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
