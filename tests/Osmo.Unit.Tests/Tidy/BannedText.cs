using System.Text.RegularExpressions;

namespace Osmo.Unit.Tests.Tidy;

/// <summary>Text that no file of the repository may hold: unfinished work, paths of one machine, hosts of package registries.</summary>
internal static partial class BannedText
{
    // Pieces, so that this file does not break its own rule.
    private static readonly string[] Unfinished = ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "NotImplemented" + "Exception"];

    private static readonly string[] RegistryHosts =
        ["api.nuget" + ".org", "registry.npmjs" + ".org", "deb.debian" + ".org", "pypi" + ".org"];

    public static IEnumerable<Violation> Check(SourceText file)
    {
        for (var i = 0; i < file.Lines.Length; i++)
        {
            var line = file.Lines[i];
            if (Words().Matches(line).FirstOrDefault(word => Unfinished.Contains(word.Value)) is { } unfinished)
            {
                yield return new(file.Path, i + 1, $"{unfinished.Value}: finish it before it is committed.");
            }

            if (RegistryHosts.FirstOrDefault(host => line.Contains(host, StringComparison.OrdinalIgnoreCase)) is { } registry)
            {
                yield return new(file.Path, i + 1, $"{registry}: name the package; where it lies is the client's configuration.");
            }

            if (MachinePath().IsMatch(line))
            {
                yield return new(file.Path, i + 1, "a path of one machine: write it from the repository's root, or take an option.");
            }
        }
    }

    [GeneratedRegex(@"\w+")]
    private static partial Regex Words();

    [GeneratedRegex(@"(^|[^A-Za-z0-9.])/(work|farm|Users)/|[A-Z]:\\Users\\")]
    private static partial Regex MachinePath();
}
