using Osmo.Cli;
using Osmo.Cli.Terminal;
using Xunit;

namespace Osmo.Unit.Tests.Cli;

/// <summary>Where the options of the connection may stand, and which help shows them.</summary>
public sealed class ConnectionOptionTests
{
    private static readonly string[] Options = ["--server", "--profile", "--token-file", "--ca-file"];

    [Theory]
    [InlineData("--server http://127.0.0.1:1 version")]
    [InlineData("version --server http://127.0.0.1:1")]
    [InlineData("--profile p --token-file t config --ca-file c show BACKEND")]
    [InlineData("backend --server http://127.0.0.1:1 list")]
    public void They_stand_before_a_command_and_behind_it(string line) =>
        Assert.Empty(OsmoCommand.Create(Terminal(new StringWriter())).Parse(line.Split(' ')).Errors);

    [Theory]
    [InlineData("--help", true)]
    [InlineData("version --help", true)]
    [InlineData("config show --help", true)]
    [InlineData("profile --help", false)]
    [InlineData("profile list --help", false)]
    [InlineData("evaluate --help", false)]
    [InlineData("completion bash --help", false)]
    public async Task The_help_of_what_asks_no_gateway_leaves_them_out(string line, bool isShown)
    {
        using var output = new StringWriter();
        Assert.Equal(0, await OsmoCommand.RunAsync(line.Split(' '), Terminal(output)));
        Assert.All(Options, option => Assert.Equal(isShown, output.ToString().Contains($"  {option} <", StringComparison.Ordinal)));
    }

    private static CliTerminal Terminal(TextWriter output) =>
        new() { Out = output, Error = TextWriter.Null, OpenInput = () => Stream.Null };
}
