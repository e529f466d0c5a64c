using Orleans.Serialization.Configuration;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;
using Osmo.Grains.Serialization;

[assembly: TypeManifestProvider(typeof(DomainAliases))]

namespace Osmo.Grains.Serialization;

/// <summary>
/// What types of the domain are called in messages. The domain does not know Orleans, so the names are given here; without them Orleans
/// would write the names of classes, and a class that moves could not be read by the build before.
/// </summary>
internal sealed class DomainAliases : TypeManifestProviderBase
{
    /// <summary>The names.</summary>
    public static IReadOnlyDictionary<string, Type> All { get; } = new Dictionary<string, Type>
    {
        ["osmo.backend-name"] = typeof(BackendName),
        ["osmo.backend-record"] = typeof(BackendRecord),
        ["osmo.condition-pair"] = typeof(ConditionPair),
        ["osmo.condition-set"] = typeof(ConditionSet),
        ["osmo.config-edit"] = typeof(ConfigEdit),
        ["osmo.failure"] = typeof(OsmoException),
        ["osmo.label-selector"] = typeof(LabelSelector),
        ["osmo.node-condition-rules"] = typeof(NodeConditionRules),
        ["osmo.node-facts"] = typeof(NodeFacts),
        ["osmo.node-label"] = typeof(NodeLabel),
        ["osmo.node-resource"] = typeof(NodeResource),
        ["osmo.node-snapshot"] = typeof(NodeSnapshot),
        ["osmo.node-taint"] = typeof(NodeTaint),
        ["osmo.node-usage"] = typeof(NodeUsage),
        ["osmo.node-verdict"] = typeof(NodeVerdict),
        ["osmo.text-list"] = typeof(TextList),
    };

    /// <inheritdoc/>
    protected override void ConfigureInner(TypeManifestOptions options)
    {
        foreach (var (name, type) in All)
        {
            options.WellKnownTypeAliases.Add(name, type);
        }
    }
}
