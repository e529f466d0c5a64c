using Orleans.Serialization.Serializers;
using Osmo.Domain.Backends;
using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;
using Osmo.Grains.Silos;
using Xunit;

namespace Osmo.Unit.Tests.Serialization;

/// <summary>Whatever a method of a grain or an observer takes or returns can be sent, by a name that is not the class's.</summary>
public sealed class ContractCoverageTests
{
    public static TheoryData<string> Types => [.. Contracts.Types.Where(type => !type.IsEnum).Select(type => type.ToString())];

    public static TheoryData<string> Values => [.. Contracts.Values.Select(type => type.ToString())];

    [Fact]
    public void The_interfaces_are_found()
    {
        Assert.Contains(typeof(IBackendGrain), Contracts.Interfaces);
        Assert.Contains(typeof(INodeGrain), Contracts.Interfaces);
        Assert.Contains(typeof(ISiloGrain), Contracts.Interfaces);
        Assert.Contains(typeof(BackendRecord), Contracts.Types);
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_has_a_codec_and_a_copier(string name)
    {
        var type = Contracts.Values.Single(value => value.ToString() == name);

        Assert.NotNull(Wire.Codecs.TryGetCodec(type));
        Assert.NotNull(Wire.Codecs.TryGetDeepCopier(type));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_type_has_a_codec_and_a_name_of_its_own(string name)
    {
        var type = Contracts.Types.Single(value => value.ToString() == name);

        Assert.NotNull(Wire.Codecs.TryGetCodec(type));
        Assert.StartsWith("osmo.", Wire.NameOf(type), StringComparison.Ordinal);
        if (type.IsAbstract && Wire.Codecs.GetCodec(type) is AbstractTypeSerializer)
        {
            Assert.All(Contracts.KindsOf(type), kind => Assert.StartsWith("osmo.", Wire.NameOf(kind), StringComparison.Ordinal));
        }
    }
}
