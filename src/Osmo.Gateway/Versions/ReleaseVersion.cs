using System.Globalization;

namespace Osmo.Gateway.Versions;

/// <summary>A version as OSMO writes it: <c>MAJOR.MINOR.REVISION</c>, and whatever follows another dot or a plus sign.</summary>
internal readonly record struct ReleaseVersion(int Major, int Minor, int Revision) : IComparable<ReleaseVersion>
{
    public static bool TryParse(string? text, out ReleaseVersion version)
    {
        version = default;
        var parts = (text ?? "").Split('+', 2)[0].Split('.', 4);
        if (parts.Length < 3
            || !TryParsePart(parts[0], out var major)
            || !TryParsePart(parts[1], out var minor)
            || !TryParsePart(parts[2].Split('-', 2)[0], out var revision))
        {
            return false;
        }

        version = new ReleaseVersion(major, minor, revision);
        return true;
    }

    public int CompareTo(ReleaseVersion other) =>
        (Major, Minor, Revision).CompareTo((other.Major, other.Minor, other.Revision));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Revision}");

    private static bool TryParsePart(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
