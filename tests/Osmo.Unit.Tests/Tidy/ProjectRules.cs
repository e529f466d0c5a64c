using System.Xml.Linq;

namespace Osmo.Unit.Tests.Tidy;

/// <summary>Which project may reference which: dependencies point inward.</summary>
internal static class ProjectRules
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Osmo.Domain"] = [],
        ["Osmo.Protocol"] = [],
        ["Osmo.Kubernetes"] = [],
        ["Osmo.KubeSim"] = [],
        ["Osmo.Grains"] = ["Osmo.Domain"],
        ["Osmo.Access"] = ["Osmo.Domain"],
        ["Osmo.Configs"] = ["Osmo.Grains", "Osmo.Access"],
        ["Osmo.Storage"] = ["Osmo.Grains", "Osmo.Access", "Osmo.Configs"],
        ["Osmo.Silo"] = ["Osmo.Grains"],
        ["Osmo.Gateway"] = ["Osmo.Grains", "Osmo.Access", "Osmo.Configs", "Osmo.Protocol"],
        ["Osmo.Agent"] = ["Osmo.Domain", "Osmo.Protocol", "Osmo.Kubernetes"],
        ["Osmo.Cli"] = ["Osmo.Domain", "Osmo.Kubernetes"],
        ["Osmo.Server"] =
        [
            "Osmo.Domain", "Osmo.Grains", "Osmo.Protocol", "Osmo.Kubernetes", "Osmo.KubeSim", "Osmo.Storage", "Osmo.Silo", "Osmo.Gateway",
            "Osmo.Agent", "Osmo.Cli", "Osmo.Access", "Osmo.Configs",
        ],
    };

    // The domain is pure: what it needs, the framework has.
    private static readonly string[] WithoutPackages = ["Osmo.Domain"];

    public static IEnumerable<Violation> Check(SourceText project)
    {
        if (!project.IsIn("src"))
        {
            yield break;
        }

        var name = Path.GetFileNameWithoutExtension(project.FileName);
        if (!Allowed.TryGetValue(name, out var allowed))
        {
            yield return new(project.Path, 1, $"{name}: say in {nameof(ProjectRules)} what it may reference.");
            yield break;
        }

        var items = XDocument.Parse(project.Text, LoadOptions.SetLineInfo).Descendants().ToArray();
        foreach (var item in items.Where(item => item.Name.LocalName == "ProjectReference"))
        {
            var target = Path.GetFileNameWithoutExtension(item.Attribute("Include")!.Value.Replace('\\', '/'));
            if (!allowed.Contains(target))
            {
                var list = allowed.Length == 0 ? "nothing of ours" : string.Join(", ", allowed);
                yield return new(project.Path, LineOf(item), $"{name} may not reference {target}, but {list}: dependencies point inward.");
            }
        }

        foreach (var item in items.Where(item => item.Name.LocalName is "PackageReference" or "FrameworkReference"))
        {
            if (WithoutPackages.Contains(name))
            {
                yield return new(project.Path, LineOf(item), $"{name} is pure, without packages. Do the I/O in its caller.");
            }
        }
    }

    private static int LineOf(XElement item) => ((System.Xml.IXmlLineInfo)item).LineNumber;
}
