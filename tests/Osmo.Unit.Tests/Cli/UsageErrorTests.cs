using Osmo.Cli;
using Osmo.Cli.Terminal;
using Xunit;

namespace Osmo.Unit.Tests.Cli;

/// <summary>What is said of values that an option does not take: which it takes, and which was meant.</summary>
public sealed class UsageErrorTests
{
    [Theory]
    [InlineData("pool list -o xml", "--output cannot be \"xml\". Use table, json, yaml or name.")]
    [InlineData("config list -o jsom", "--output cannot be \"jsom\"; did you mean \"json\"? Use table, wide, json, yaml or name.")]
    [InlineData("config show ROLE -t YAML", "--output cannot be \"YAML\"; did you mean \"yaml\"? Use json, yaml, table or name.")]
    [InlineData("evaluate -o xml", "--output cannot be \"xml\". Use table, wide, json or name.")]
    [InlineData("config history --order down", "--order cannot be \"down\". Use asc or desc.")]
    [InlineData("pool list -m fre", "--mode cannot be \"fre\"; did you mean \"free\"? Use used or free.")]
    [InlineData("login --method cod", "--method cannot be \"cod\"; did you mean \"code\"? Use code, token or dev.")]
    [InlineData("config set ROLE r poll", "TEMPLATE cannot be \"poll\"; did you mean \"pool\"? Use backend or pool.")]
    [InlineData("config history --limit ten", "--limit must be a whole number of at most 2147483647, not \"ten\".")]
    [InlineData("config history --revision 1.5", "--revision must be a whole number of at most 2147483647, not \"1.5\".")]
    [InlineData("config update BACKEND b --wait 99999999999", "--wait must be a whole number of at most 2147483647, not \"99999999999\".")]
    public async Task A_value_that_an_option_does_not_take_is_told_with_those_that_it_takes(string line, string said)
    {
        using var error = new StringWriter { NewLine = "\n" };
        var terminal = new CliTerminal { Out = TextWriter.Null, Error = error, OpenInput = () => Stream.Null };
        Assert.Equal(ExitCode.Usage, await OsmoCommand.RunAsync(line.Split(' '), terminal));
        Assert.StartsWith($"osmo: {said}\nSee 'osmo ", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config history --order ASC")]
    [InlineData("config list -t text")]
    [InlineData("node list b --available=true")]
    public void Other_names_of_a_value_are_taken(string line)
    {
        var terminal = new CliTerminal { Out = TextWriter.Null, Error = TextWriter.Null, OpenInput = () => Stream.Null };
        Assert.Empty(OsmoCommand.Create(terminal).Parse(line.Split(' ')).Errors);
    }
}
