using Osmo.Domain.Errors;
using Xunit;

namespace Osmo.Unit.Tests.Errors;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("descripton", "description")]
    [InlineData("node_condition", "node_conditions")]
    [InlineData("TAGS", "tags")]
    [InlineData("dat", "data")]
    [InlineData("zebra", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_found_where_one_is_near(string name, string? nearest) =>
        Assert.Equal(nearest, Spelling.Nearest(name, ["date", "description", "node_conditions", "tags", "data"]));

    [Fact]
    public void Of_names_as_near_as_each_other_always_the_same_is_found() =>
        Assert.Equal("pool-a", Spelling.Nearest("pool-c", ["pool-b", "pool-a"]));

    [Fact]
    public void Names_too_long_to_compare_have_no_neighbour()
    {
        var name = new string('a', 10_000);
        Assert.Null(Spelling.Nearest(name, [name]));
    }
}
