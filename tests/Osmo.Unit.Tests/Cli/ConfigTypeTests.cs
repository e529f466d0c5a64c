using Osmo.Configs;
using Xunit;

namespace Osmo.Unit.Tests.Cli;

public sealed class ConfigTypeTests
{
    [Fact]
    public void The_command_line_knows_every_type_that_the_gateway_has() =>
        Assert.Equal(ConfigTypes.All.Select(type => type.Name()), Osmo.Cli.Configs.ConfigType.Names);
}
