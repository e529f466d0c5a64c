using System.Collections.Immutable;

namespace Osmo.Configs;

/// <summary>The kinds of configuration. Each has one sequence of revisions.</summary>
public enum ConfigType
{
    /// <summary>Backends: not one document but the configurations of all backends, which live with their grains.</summary>
    Backend,

    /// <summary>Tests of backends, by name.</summary>
    BackendTest,

    /// <summary>Buckets of data sets.</summary>
    Dataset,

    /// <summary>Kubernetes objects that a group of tasks gets, by name.</summary>
    GroupTemplate,

    /// <summary>Parts of pods, by name.</summary>
    PodTemplate,

    /// <summary>Pools, by name.</summary>
    Pool,

    /// <summary>Rules about what tasks ask for, by name.</summary>
    ResourceValidation,

    /// <summary>Roles, as a list.</summary>
    Role,

    /// <summary>The service itself.</summary>
    Service,

    /// <summary>Workflows.</summary>
    Workflow,
}

/// <summary>The names of the types.</summary>
public static class ConfigTypes
{
    private static readonly ImmutableArray<string> Names =
    [
        "BACKEND", "BACKEND_TEST", "DATASET", "GROUP_TEMPLATE", "POD_TEMPLATE", "POOL", "RESOURCE_VALIDATION", "ROLE", "SERVICE",
        "WORKFLOW",
    ];

    /// <summary>All types.</summary>
    public static ImmutableArray<ConfigType> All { get; } = [.. Enum.GetValues<ConfigType>()];

    /// <summary>The types whose configuration is one document in the <see cref="Storage.IConfigStore"/>: all but BACKEND.</summary>
    public static ImmutableArray<ConfigType> Documents { get; } = [.. All.Where(type => type != ConfigType.Backend)];

    /// <summary>The names in upper case, for messages.</summary>
    public static string Known { get; } = string.Join(", ", Names);

    /// <summary>The name as clients and the store know it: <c>POD_TEMPLATE</c>.</summary>
    public static string Name(this ConfigType type) => Names[(int)type];

    /// <summary>The name as it stands in paths: <c>pod_template</c>.</summary>
    public static string Segment(this ConfigType type) => Names[(int)type].ToLowerInvariant();

    /// <summary>Reads a name.</summary>
    /// <param name="text">The name.</param>
    /// <param name="type">The type.</param>
    /// <param name="ignoreCase">Whether lower case will do, as it does in paths.</param>
    public static bool TryParse(string? text, out ConfigType type, bool ignoreCase = false)
    {
        var comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        for (var i = 0; i < Names.Length; i++)
        {
            if (Names[i].Equals(text, comparison))
            {
                type = (ConfigType)i;
                return true;
            }
        }

        type = default;
        return false;
    }
}
