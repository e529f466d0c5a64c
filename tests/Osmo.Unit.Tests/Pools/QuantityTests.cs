using Osmo.Domain.Nodes;
using Xunit;

namespace Osmo.Unit.Tests.Pools;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("8", 8)]
    [InlineData("31850m", 31.85)]
    [InlineData("250u", 0.00025)]
    [InlineData("5n", 0.000000005)]
    [InlineData("1k", 1000)]
    [InlineData("2M", 2_000_000)]
    [InlineData("1G", 1_000_000_000)]
    [InlineData("1Ki", 1024)]
    [InlineData("1.5Gi", 1_610_612_736)]
    [InlineData("2Ti", 2_199_023_255_552)]
    [InlineData("1e3", 1000)]
    [InlineData("1E3", 1000)]
    [InlineData("3E", 3_000_000_000_000_000_000)]
    public void What_Kubernetes_writes_is_read(string text, double amount)
    {
        Assert.True(Quantity.TryParse(text, out var read));
        Assert.Equal((decimal)amount, read);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("Ki")]
    [InlineData("1Kib")]
    [InlineData("1K")]
    [InlineData("99999999999999999999999999Ei")]
    public void Anything_else_is_refused(string? text) => Assert.False(Quantity.TryParse(text, out _));
}
