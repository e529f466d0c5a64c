using Osmo.KubeSim.Selectors;
using Xunit;

namespace Osmo.Unit.Tests.KubeSim;

public sealed class SelectorTests
{
    private static readonly Dictionary<string, string> Labels = new()
    {
        ["zone"] = "a",
        ["example.com/pool"] = "training",
        ["gpus"] = "8",
        ["empty"] = "",
    };

    [Theory]
    [InlineData("", true)]
    [InlineData("zone=a", true)]
    [InlineData("zone==a,gpus", true)]
    [InlineData(" zone = a , gpus ", true)]
    [InlineData("zone=b", false)]
    [InlineData("zone!=b", true)]
    [InlineData("none!=b", true)]
    [InlineData("zone in (a, b)", true)]
    [InlineData("zone notin (a,b)", false)]
    [InlineData("none notin (a)", true)]
    [InlineData("none in (a)", false)]
    [InlineData("!none", true)]
    [InlineData("!zone", false)]
    [InlineData("example.com/pool=training,zone in (a)", true)]
    [InlineData("gpus>7", true)]
    [InlineData("gpus>8", false)]
    [InlineData("gpus<9", true)]
    [InlineData("zone>1", false)]
    [InlineData("empty=", true)]
    [InlineData("zone=", false)]
    public void Label_selectors_match_as_kubernetes_does(string selector, bool matches) =>
        Assert.Equal(matches, LabelSelectorParser.Parse(selector).Matches(Labels));

    [Theory]
    [InlineData("zone in a")]
    [InlineData("zone in (a")]
    [InlineData("zone like a")]
    [InlineData("=a")]
    [InlineData("zone=a,")]
    [InlineData("zone=a)")]
    [InlineData("gpus>many")]
    public void Malformed_label_selectors_are_refused(string selector) =>
        Assert.Throws<FormatException>(() => LabelSelectorParser.Parse(selector));

    [Fact]
    public void A_field_that_nodes_cannot_be_selected_by_is_named() =>
        Assert.Contains("status.phase", Assert.Throws<FormatException>(() => FieldSelector.Parse("status.phase=x")).Message);
}
