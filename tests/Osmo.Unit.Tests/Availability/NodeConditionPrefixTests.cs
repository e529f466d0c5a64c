using Osmo.Domain.Availability;
using Xunit;

namespace Osmo.Unit.Tests.Availability;

public sealed class NodeConditionPrefixTests
{
    [Theory]
    [InlineData("osmo.nvidia.com/")]
    [InlineData("team-a.osmo.nvidia.com/")]
    [InlineData("2nd.osmo.nvidia.com/")]
    [InlineData("myosmo.nvidia.com/")]
    public void A_legal_prefix_makes_a_label_key(string value)
    {
        Assert.True(NodeConditionPrefix.TryCreate(value, out var prefix, out var error), error);
        Assert.Equal(value, prefix.Value);
        Assert.Equal(value + "verified", prefix.LabelKey);
    }

    [Theory]
    [InlineData(null, "is empty")]
    [InlineData("", "is empty")]
    [InlineData("osmo.nvidia.com", "must end with")]
    [InlineData("osmo.example.com/", "must end with")]
    [InlineData("osmo.nvidia.com/x", "must end with")]
    [InlineData("OSMO.NVIDIA.COM/", "must end with")]
    [InlineData("a/osmo.nvidia.com/", "not a DNS subdomain")]
    [InlineData("Team.osmo.nvidia.com/", "not a DNS subdomain")]
    [InlineData(".osmo.nvidia.com/", "not a DNS subdomain")]
    [InlineData("a..osmo.nvidia.com/", "not a DNS subdomain")]
    [InlineData("-a.osmo.nvidia.com/", "not a DNS subdomain")]
    [InlineData("a-.osmo.nvidia.com/", "not a DNS subdomain")]
    [InlineData("a_b.osmo.nvidia.com/", "not a DNS subdomain")]
    [InlineData("ä.osmo.nvidia.com/", "not a DNS subdomain")]
    [InlineData("team osmo.nvidia.com/", "not a DNS subdomain")]
    public void An_illegal_prefix_is_refused_with_the_reason(string? value, string reason)
    {
        Assert.False(NodeConditionPrefix.TryCreate(value, out var prefix, out var error));
        Assert.Null(prefix);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(253, true)]
    [InlineData(254, false)]
    public void The_part_before_the_slash_may_have_253_characters(int length, bool legal)
    {
        const string Ending = ".osmo.nvidia.com/";
        var value = new string('a', length + 1 - Ending.Length) + Ending;
        Assert.Equal(legal, NodeConditionPrefix.TryCreate(value, out _, out _));
    }

    [Fact]
    public void The_default_is_osmo_nvidia_com_and_prefixes_are_equal_by_value()
    {
        Assert.True(NodeConditionPrefix.TryCreate("osmo.nvidia.com/", out var prefix, out _));
        Assert.Equal(NodeConditionPrefix.Default, prefix);
        Assert.Equal("osmo.nvidia.com/verified", NodeConditionPrefix.Default.LabelKey);
        Assert.Equal(("True", "False"), (NodeConditionPrefix.LabelValue(true), NodeConditionPrefix.LabelValue(false)));
    }
}
