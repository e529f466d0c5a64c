using System.Text.Json;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>A signal ends the program in good order.</summary>
public sealed class StopTests : IDisposable
{
    private static readonly string[] Backends = ["dgx-west", "dgx-east", "lab"];

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_demo_shows_three_backends_in_step_until_it_is_interrupted()
    {
        await using var demo = await ServerProcess.StartAsync(
            ["demo", "--nodes", "30", "--url", "http://127.0.0.1:0", "--data", _folder.Of("data")],
            cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(
            () => demo.Lines.Any(line => Backends.All(name => line.Contains($"{name}: ", StringComparison.Ordinal))
                && line.Split("in step").Length == Backends.Length + 1),
            "all are in step",
            () => string.Join('\n', demo.Lines) + demo.ErrorText);

        using var http = new HttpClient { BaseAddress = demo.Url };
        var body = await http.GetStringAsync("/api/backends/dgx-west/nodes?limit=1", TestContext.Current.CancellationToken);
        using var answer = JsonDocument.Parse(body);
        Assert.StartsWith("dgx-west", answer.RootElement.GetProperty("nodes")[0].GetProperty("name").GetString(), StringComparison.Ordinal);

        Assert.Equal(0, await demo.StopAsync("INT"));
        Assert.StartsWith("Stopped.", demo.Lines[^1], StringComparison.Ordinal);
        Assert.Equal("", demo.ErrorText);
    }

    [Fact]
    public async Task A_server_that_is_told_to_terminate_ends_with_0()
    {
        await using var server = await ServerProcess.StartAsync(_folder.Of("data"));
        Assert.Equal(0, await server.StopAsync("TERM"));
        Assert.Equal("", server.ErrorText);
    }
}
