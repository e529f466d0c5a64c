using System.Text.Json.Nodes;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary><c>osmo silo list</c> against a real server.</summary>
public sealed class SiloListTests
{
    [Fact]
    public async Task A_server_by_itself_is_a_silo_that_serves_every_backend()
    {
        await using var server = await RunningServer.StartAsync();
        await using var agent = await ScriptedAgent.JoinAsync(server.Url, "isaac");
        var table = await OsmoProcess.RunAsync("silo", "list", "--server", server.Url.ToString());
        var json = await OsmoProcess.RunAsync("silo", "list", "-o", "json", "--server", server.Url.ToString());
        var names = await OsmoProcess.RunAsync("silo", "list", "-o", "name", "--server", server.Url.ToString());

        Assert.Equal((0, ""), (table.ExitCode, table.Error));
        Assert.Matches(@"^NAME +STATE +BACKENDS +NODES\nlocal +Serving +1 +0\n$", table.Out);
        Assert.Equal(1, (int)JsonNode.Parse(json.Out)!["silos"]![0]!["backends"]!);
        Assert.Equal("silo/local\n", names.Out);
    }

    [Fact]
    public async Task Who_cannot_be_reached_or_refuses_says_what_to_do()
    {
        var nobody = await OsmoProcess.RunAsync("silo", "list", "--server", "http://127.0.0.1:1");
        var nonsense = await OsmoProcess.RunAsync("silo", "list", "--server", "no address");

        Assert.Equal(10, nobody.ExitCode);
        Assert.Contains("Is it running?", nobody.Error, StringComparison.Ordinal);
        Assert.Equal(2, nonsense.ExitCode);
        Assert.Contains("Use one such as http://127.0.0.1:8080", nonsense.Error, StringComparison.Ordinal);
    }
}
