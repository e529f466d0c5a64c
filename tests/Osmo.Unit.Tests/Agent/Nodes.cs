using Osmo.Kubernetes;

namespace Osmo.Unit.Tests.Agent;

/// <summary>Builds nodes as the reflector hands them over.</summary>
internal static class Nodes
{
    public const string Label = "osmo.nvidia.com/verified";

    public static NodeProjection Of(
        string name, int version, string ready = "True", string? verified = null, string uid = "", string rack = "r1") => new()
        {
            Name = name,
            Uid = uid.Length > 0 ? uid : $"uid-of-{name}",
            ResourceVersion = version.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Conditions = [new NodeCondition("Ready", ready)],
            Labels = verified is null ? [new NodeLabel("rack", rack)] : [new NodeLabel(Label, verified), new NodeLabel("rack", rack)],
            Allocatable = [new NodeResource("cpu", "8")],
        };
}
